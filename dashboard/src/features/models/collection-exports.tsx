/** The models that are listed, as files. */
import { Button, Menu, Text } from "@mantine/core";

const formats = [
  ["csv", "CSV", "a row a model"],
  ["json", "JSON", "with all that was said of them"],
  ["html", "HTML page", "complete in itself"],
] as const;

/** @param filter parameters of the list, as REST has them; what is undefined or empty is left out */
export const CollectionExports = ({
  filter,
}: {
  readonly filter: Readonly<
    Record<string, string | readonly string[] | undefined>
  >;
}) => {
  const query = new URLSearchParams(
    Object.entries(filter).flatMap(([name, value = ""]) => {
      const text = typeof value === "string" ? value : value.join(",");
      return text === "" ? [] : [[name, text]];
    }),
  );
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(([format, label, says]) => (
          <Menu.Item
            key={format}
            component="a"
            href={`/api/models/export?${new URLSearchParams([["format", format], ...query])}`}
            download
          >
            {label}
            <Text size="xs" c="dimmed">
              {says}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
};
