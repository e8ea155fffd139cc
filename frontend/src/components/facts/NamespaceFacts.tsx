import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { NamespaceView } from "../../model/structure";
import { commandIn, factCommands, namespaceTitle, roleWords, targetOf } from "../../model/words";
import { queries } from "../../store/queries";
import { ErrorNotice, Waiting } from "../chrome";
import { RoleIcon } from "../graph";
import { usePicture, useSessionParts } from "../session/context";
import { ContainerRows } from "./ContainerFacts";
import classes from "./facts.module.css";
import { Counters, Firewall, Forwarding, Neighbours, Routes, Sysctls } from "./KernelTables";
import { ProbeEnds } from "./ProbeEnds";
import { CommandLine, Reference, Section } from "./parts";
import { Title } from "./Title";

const tabs = ["routes", "neighbours", "fdb", "rules", "counters", "sysctls"] as const;
type Tab = (typeof tabs)[number];

const tabWords: Record<Tab, string> = {
  routes: "Routes",
  neighbours: "Neighbours",
  fdb: "FDB",
  rules: "Rules",
  counters: "Counters",
  sysctls: "Sysctls",
};

export function NamespaceFacts({ view }: { readonly view: NamespaceView }) {
  const { node, containers } = view;
  const interfaces = [
    ...view.bridges.flatMap((bridge) => [bridge.interface, ...bridge.ports]),
    ...view.interfaces,
  ];
  const target = targetOf(view);
  const only = node.role === "container" && containers.length === 1 ? containers[0] : undefined;
  return (
    <>
      <Title
        kind={roleWords[node.role]}
        name={namespaceTitle(node)}
        icon={<RoleIcon role={node.role} size={13} />}
      />
      <ProbeEnds from={target} to={target} />
      {only && (
        <Section title="Container">
          <ContainerRows node={only} />
        </Section>
      )}
      {!only && containers.length > 0 && (
        <Section title={`Containers (${containers.length})`}>
          {containers.map((container) => (
            <div key={container.id}>
              <Reference id={container.id}>{container.name}</Reference>{" "}
              <span className={classes.flags}>
                {container.pause ? "pause, " : ""}
                {container.state}
              </span>
            </div>
          ))}
        </Section>
      )}
      <Section title={`Interfaces (${interfaces.length})`}>
        {interfaces.map((found) => (
          <div key={found.id} className={classes.interface}>
            <span className={classes.flags}>{found.index}</span>
            <Reference id={found.id}>{found.name}</Reference>
            <span className="mono">
              {found.addresses.map(({ address }) => (
                <div key={address}>{address}</div>
              ))}
            </span>
          </div>
        ))}
      </Section>
      <KernelFacts view={view} />
    </>
  );
}

/** What the kernel answers about this namespace, read when shown and again when a delta names it. */
function KernelFacts({ view }: { readonly view: NamespaceView }) {
  const { id } = useSessionParts();
  const structure = usePicture((picture) => picture.structure);
  const touched = usePicture(({ feed }) => feed.touched.get(view.node.id));
  const version = touched ? Object.values(touched).reduce<number>((sum, count) => sum + (count ?? 0), 0) : 0;
  const facts = useQuery(queries.facts(id, view.node.id, `${version}`));
  return (
    <Tabs
      defaultValue="routes"
      keepMounted={false}
      className={classes.tabs ?? ""}
      aria-busy={facts.isFetching}
    >
      <Tabs.List>
        {tabs.map((tab) => (
          <Tabs.Tab key={tab} value={tab} className={classes.tab ?? ""}>
            {tabWords[tab]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {facts.isPending && <Waiting what="the kernel's facts" />}
      {facts.isError && (
        <ErrorNotice
          title="This namespace cannot be read"
          error={facts.error}
          onRetry={() => void facts.refetch()}
        />
      )}
      {facts.data &&
        tabs.map((tab) => (
          <Tabs.Panel key={tab} value={tab} pt="xs">
            {tab === "routes" && <Routes facts={facts.data} />}
            {tab === "neighbours" && <Neighbours facts={facts.data} />}
            {tab === "fdb" && <Forwarding facts={facts.data} />}
            {tab === "rules" && <Firewall facts={facts.data} />}
            {tab === "counters" && <Counters facts={facts.data} />}
            {tab === "sysctls" && <Sysctls facts={facts.data} />}
            <CommandLine command={commandIn(view, structure, factCommands[tab])} />
          </Tabs.Panel>
        ))}
    </Tabs>
  );
}
