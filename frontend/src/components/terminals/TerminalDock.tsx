import { ActionIcon, Button, CloseButton, Menu, ScrollArea, Text } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconPlus, IconTerminal2 } from "@tabler/icons-react";
import { useEffect } from "react";
import { useStore } from "zustand";
import { targetsOf } from "../../model/words";
import { usePicture, useSessionParts, useView } from "../session/context";
import { TerminalView } from "./TerminalView";
import classes from "./terminals.module.css";
import { useTerminals } from "./useTerminals";

interface TerminalDockProps {
  /** False on narrow pages, where the dock is a panel of its own and cannot be folded. */
  readonly isFoldable: boolean;
  /** Only a running session has shells to take up. */
  readonly isRunning: boolean;
}

/** The tabs, the way to a new shell, and the shells. */
export function TerminalDock({ isFoldable, isRunning }: TerminalDockProps) {
  const { terminals, view } = useSessionParts();
  const { tabs, active, opening } = useStore(terminals.store);
  const isOpen = useView((state) => state.isDockOpen) || !isFoldable;

  useEffect(() => {
    if (!isRunning) return;
    // Should the session just have ended, there are no shells and the refusal needs no words.
    terminals.restore().then(
      (count) => {
        if (count > 0) view.setState({ isDockOpen: true });
      },
      () => undefined,
    );
  }, [terminals, view, isRunning]);

  const show = (id: string) => {
    terminals.activate(id);
    view.setState({ isDockOpen: true });
  };
  return (
    <section className={classes.dock} aria-label="Terminals" data-open={isOpen || undefined}>
      <div className={classes.bar}>
        <div className={classes.tabs} role="tablist" aria-label="Open terminals">
          {tabs.map((tab) => (
            <div
              key={tab.id}
              className={classes.tab}
              data-active={(isOpen && tab.id === active) || undefined}
            >
              <button
                type="button"
                role="tab"
                aria-selected={tab.id === active}
                className={classes.tabName}
                onClick={() => show(tab.id)}
              >
                <IconTerminal2 size={13} aria-hidden />
                {tab.target}
              </button>
              <CloseButton
                size="xs"
                aria-label={`Close the terminal on ${tab.target}`}
                onClick={() => void terminals.close(tab.id)}
              />
            </div>
          ))}
          <TargetMenu isOpening={opening !== null} isFirst={tabs.length === 0} />
        </div>
        {isFoldable && tabs.length > 0 && (
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={isOpen ? "Fold the terminals" : "Unfold the terminals"}
            aria-expanded={isOpen}
            onClick={() => view.setState({ isDockOpen: !isOpen })}
          >
            {isOpen ? <IconChevronDown size={16} /> : <IconChevronUp size={16} />}
          </ActionIcon>
        )}
      </div>
      <div className={classes.views} hidden={!isOpen}>
        {tabs.map((tab) => (
          <TerminalView key={tab.id} tab={tab} isActive={isOpen && tab.id === active} />
        ))}
        {tabs.length === 0 && (
          <div className={classes.none}>
            <Text size="sm" c="dimmed">
              No terminal is open. Choose a host or a container to get a root shell there.
            </Text>
          </div>
        )}
      </div>
    </section>
  );
}

function TargetMenu({ isOpening, isFirst }: { readonly isOpening: boolean; readonly isFirst: boolean }) {
  const structure = usePicture((picture) => picture.structure);
  const terminals = useTerminals();
  const targets = targetsOf(structure);
  const hosts = targets.filter((target) => !target.includes("/"));
  return (
    <Menu position="top-start" width={260} returnFocus={false}>
      <Menu.Target>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconPlus size={14} aria-hidden />}
          loading={isOpening}
          disabled={targets.length === 0}
          aria-label="New terminal"
        >
          {isFirst ? "Terminal" : ""}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <ScrollArea.Autosize mah={360} type="auto">
          {hosts.map((host) => (
            <div key={host}>
              <Menu.Label>Host {host}</Menu.Label>
              <Menu.Item className="mono" onClick={() => terminals.open(host)}>
                {host}
              </Menu.Item>
              {targets
                .filter((target) => target.startsWith(`${host}/`))
                .map((target) => (
                  <Menu.Item key={target} className="mono" pl="lg" onClick={() => terminals.open(target)}>
                    {target}
                  </Menu.Item>
                ))}
            </div>
          ))}
        </ScrollArea.Autosize>
      </Menu.Dropdown>
    </Menu>
  );
}
