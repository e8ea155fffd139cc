import { Kbd, Modal, Table, Text } from "@mantine/core";
import { useSessionParts, useView } from "./context";

const keys: readonly (readonly [readonly string[], string])[] = [
  [["Tab"], "go from box to box; Enter selects"],
  [["←", "↑", "↓", "→"], "move the selection to the nearest thing"],
  [["Esc"], "select nothing"],
  [["/"], "find; Enter goes to the next match"],
  [["f"], "fit everything"],
  [["t"], "tidy: arrange anew"],
  [["+", "−"], "zoom"],
  [["?"], "this help"],
  [["Ctrl", "Shift", "C"], "copy in a terminal"],
  [["Ctrl", "Shift", "V"], "paste in a terminal"],
];

/** How to read the graph and the keys that move through it. */
export function HelpDialog() {
  const { view } = useSessionParts();
  const isOpen = useView((state) => state.isHelpOpen);
  return (
    <Modal
      opened={isOpen}
      onClose={() => view.setState({ isHelpOpen: false })}
      title="Help"
      size="md"
      closeButtonProps={{ "aria-label": "Close the help" }}
    >
      <Text size="sm" mb="sm">
        The graph shows what the kernels of your lab hosts hold now: each inner box is a network namespace,
        each port an interface, each line a cable. Whatever you do in a terminal appears by itself. Drag boxes
        as you like; scroll to zoom.
      </Text>
      <Table fz="sm" verticalSpacing={5}>
        <Table.Tbody>
          {keys.map(([names, text]) => (
            <Table.Tr key={text}>
              <Table.Td w={150}>
                {names.map((name) => (
                  <Kbd key={name} mr={4}>
                    {name}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{text}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
