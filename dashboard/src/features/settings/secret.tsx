/** A secret that is shown this once, to be copied. */
import {
  Alert,
  Button,
  Code,
  CopyButton,
  Group,
  Stack,
  Text,
} from "@mantine/core";

export const Secret = ({
  title,
  says,
  secret,
  onClose,
}: {
  readonly title: string;
  readonly says: string;
  readonly secret: string;
  readonly onClose: () => void;
}) => (
  <Alert color="green" title={title}>
    <Stack gap="sm" align="flex-start">
      <Text size="sm">{says}</Text>
      <Code block style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
        {secret}
      </Code>
      <Group gap="xs">
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button size="xs" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button size="xs" variant="default" onClick={onClose}>
          Done
        </Button>
      </Group>
    </Stack>
  </Alert>
);
