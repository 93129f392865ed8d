import { Group, Kbd, Modal, Stack, Table, Text } from "@mantine/core";

const keys: readonly (readonly [readonly string[], string])[] = [
  [["Ctrl", "K"], "find models, data sets, jobs and pages"],
  [["?"], "this list"],
  [["↑", "↓"], "in the table of models: from name to name"],
  [["↑", "↓", "←", "→"], "in a gallery: from tile to tile, open or not"],
  [["Enter"], "in a gallery: open the pattern"],
  [["Esc"], "in a gallery: close it"],
  [["1", "2", "3"], "in a gallery: pattern, mask, canvas"],
  [["+", "−"], "in a gallery: more pixels, fewer pixels"],
  [["Home", "End", "Page ↑", "Page ↓"], "in a gallery: further at once"],
];

export const KeysDialog = ({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}) => (
  <Modal opened={isOpen} onClose={onClose} title="Keys" size="lg">
    <Stack gap="sm">
      <Table verticalSpacing={6} aria-label="Keys">
        <Table.Tbody>
          {keys.map(([names, meaning]) => (
            <Table.Tr key={meaning}>
              <Table.Th scope="row" w="45%">
                <Group gap={4}>
                  {names.map((name) => (
                    <Kbd key={name}>{name}</Kbd>
                  ))}
                </Group>
              </Table.Th>
              <Table.Td>{meaning}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed">
        Everything else is reached by Tab, in the order in which it stands.
      </Text>
    </Stack>
  </Modal>
);
