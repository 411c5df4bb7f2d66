/** The host and repository that the address of a git remote names; undefined for any other address. */
export function repoInRemote(url: string): { host: string; repo: string } | undefined {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^@/\s]+@)?([^/:\s]+)(?::\d+)?\/(.+)$/i.exec(url) ??
    /^(?:[^@/\s]+@)?([^/:\s]+):(?!\/\/)(.+)$/.exec(url) ??
    [];
  if (host === undefined || path === undefined) return undefined;
  const repo = /^\/?([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(path)?.[1];
  return repo === undefined ? undefined : { host: host.toLowerCase(), repo };
}
