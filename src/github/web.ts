/** The host where people see what the API at an address writes, with its port where it has one of its own. */
export function webHostOf(apiUrl: string): string {
  const { hostname, host } = new URL(apiUrl);
  if (hostname === 'api.github.com') return 'github.com';
  const tenant = /^api\.([a-z0-9-]+\.ghe\.com)$/.exec(hostname)?.[1];
  return tenant ?? host; // an enterprise server has both at one host
}

/** The address below which that is. */
export const webUrlOf = (apiUrl: string): string => `${new URL(apiUrl).protocol}//${webHostOf(apiUrl)}`;

/** What is odd about the address of an API, and what was probably meant; undefined where nothing is. */
export function oddApiUrl(apiUrl: string): string | undefined {
  const { hostname, host, pathname } = new URL(apiUrl);
  const isServer = webHostOf(apiUrl) === host && !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);
  return isServer && !/^\/api\/v3\/?$/.test(pathname)
    ? `An enterprise server has its API at https://${host}/api/v3: look at GITHUB_API_URL.`
    : undefined;
}
