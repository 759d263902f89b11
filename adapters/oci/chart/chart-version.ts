/** As Helm and Flux read versions (Masterminds/semver, NewVersion): with or without `v`, and minor and patch may be missing. */
const VERSION = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/**
 * Whether helm-controller would take a chart of a version under a tag: a tag that reads as a version must be the chart's
 * (internal/controller/helmrelease_controller.go, mutateChartWithSourceRevision). Tags that do not, such as `default`, are free.
 */
export function tagFits(tag: string, version: string): boolean {
  return !isVersion(tag) || plain(tag) === plain(version);
}

/** Without what does not count in comparisons. */
function plain(text: string): string {
  const [, major, minor = '0', patch = '0', pre = ''] = VERSION.exec(text) ?? [];
  return [major, minor, patch].map(Number).join('.') + pre;
}
