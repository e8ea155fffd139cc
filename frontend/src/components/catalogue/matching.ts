import type { LabSummary } from "../../api/types";

/** Labs that hold every word of the search, and the feature if one is chosen. */
export function matching(
  labs: readonly LabSummary[],
  search: string,
  feature: string | null,
): readonly LabSummary[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return labs.filter((lab) => {
    if (feature !== null && !lab.features.includes(feature)) return false;
    const text = [lab.title, lab.summary, lab.level, lab.slug, ...lab.hosts, ...lab.features]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
