import { looksLikePassword, looksLikeSecret } from './values.ts';

/** A known shape of a secret. Where the pattern has a group `secret`, only that part is one. */
export interface Shape {
  /** completes "redacted: …" */
  name: string;
  pattern: RegExp;
  /** a further look at what the pattern found; absent: it is a secret unless it is a placeholder */
  test?: (found: string) => boolean;
}

const hasLetterAndDigit = (text: string): boolean => /[A-Za-z]/.test(text) && /\d/.test(text);

/**
 * Every repetition is bounded, or starts only where a run starts, so that no text takes more than linear time.
 * Sources: the providers' pages on token formats, and gitleaks' default rules.
 */
export const shapes: readonly Shape[] = [
  { name: 'github token', pattern: /gh[pousr]_[A-Za-z0-9]{36,255}(?:[_.][\w.-]{1,1024})?|ghs_[\w.-]{36,1024}/dg },
  { name: 'github token', pattern: /github_pat_\w{22,255}/dg },
  { name: 'gitlab token', pattern: /gl(?:pat|ptt|dt|rt|ft|soat|cbt|agent|oas)-[\w.-]{20,255}/dg },
  { name: 'slack token', pattern: /xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,255}|xapp-\d-[A-Za-z0-9-]{10,255}/dg },
  { name: 'slack webhook', pattern: /hooks\.slack\.com\/(?:services|workflows)\/(?<secret>[\w/-]{20,255})/dg },
  { name: 'aws access key', pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/dg },
  { name: 'google api key', pattern: /AIza[\w-]{35}/dg },
  { name: 'google access token', pattern: /(?<![\w.])ya29\.[\w-]{20,2048}/dg },
  { name: 'model api key', pattern: /(?<![\w-])sk-[\w-]{20,255}/dg, test: hasLetterAndDigit },
  {
    name: 'stripe key',
    pattern: /(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}|whsec_[A-Za-z0-9+/]{32,255}/dg,
  },
  { name: 'npm token', pattern: /npm_[A-Za-z0-9]{36}/dg },
  { name: 'pypi token', pattern: /pypi-AgE[\w-]{40,512}/dg },
  { name: 'docker token', pattern: /dckr_(?:pat|oat)_[\w-]{27,255}/dg },
  { name: 'hugging face token', pattern: /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,255}/dg },
  { name: 'sendgrid key', pattern: /SG\.[\w-]{22}\.[\w-]{43}/dg },
  { name: 'digitalocean token', pattern: /do[opr]_v1_[a-f0-9]{64}/dg },
  { name: 'vault token', pattern: /(?<![\w.])hv[sbr]\.[\w-]{24,512}/dg },
  { name: 'age key', pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/dg },
  {
    name: 'telegram bot token',
    pattern: /(?<!\d)\d{6,20}:[\w-]{35}(?![\w-])/dg,
    test: (found) => hasLetterAndDigit(found.slice(found.indexOf(':'))),
  },
  { name: 'sign-in link', pattern: /\/sign-in\/(?<secret>[\w-]{43})(?![\w-])/dg },
  { name: 'grafana token', pattern: /gl(?:sa|c)_[A-Za-z0-9+/=_]{32,400}/dg, test: hasLetterAndDigit },
  { name: 'linear key', pattern: /lin_(?:api|oauth)_[A-Za-z0-9]{32,255}/dg },
  { name: 'databricks token', pattern: /(?<![A-Za-z0-9])dapi[a-f0-9]{32}(?:-\d)?(?![A-Za-z0-9])/dg },
  { name: 'new relic key', pattern: /(?<![A-Za-z0-9])NRAK-[A-Z0-9]{27}(?![A-Za-z0-9])/dg },
  { name: 'shopify token', pattern: /shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/dg },
  { name: 'square token', pattern: /(?<![A-Za-z0-9])sq0(?:atp|csp)-[\w-]{22,64}/dg },
  { name: 'google client secret', pattern: /GOCSPX-[\w-]{28}/dg },
  { name: 'notion token', pattern: /(?<![A-Za-z0-9])ntn_[A-Za-z0-9]{40,64}/dg },
  { name: 'figma token', pattern: /(?<![A-Za-z0-9])fig[dor]_[\w-]{40,255}/dg },
  { name: 'atlassian token', pattern: /(?<![A-Za-z0-9])ATATT3[\w=-]{40,400}/dg },
  { name: 'supabase token', pattern: /(?<![A-Za-z0-9])sbp_[a-f0-9]{40}/dg },
  { name: 'model api key', pattern: /(?<![\w-])gsk_[A-Za-z0-9]{40,255}/dg },
  { name: 'model api key', pattern: /(?<![\w-])xai-[A-Za-z0-9]{40,255}/dg },
  { name: 'model api key', pattern: /(?<![\w-])pplx-[A-Za-z0-9]{40,255}/dg },
  { name: 'model api key', pattern: /(?<![\w-])r8_[A-Za-z0-9]{37}(?![A-Za-z0-9])/dg },
  { name: 'fly token', pattern: /FlyV1 (?<secret>fm\d[a-z]?_[\w+/=,-]{20,4096})/dg },
  { name: 'sentry token', pattern: /sntry[su]_[\w+/=-]{40,512}/dg },
  { name: 'postman key', pattern: /(?<![A-Za-z0-9])PMAK-[a-f0-9]{24}-[a-f0-9]{34}/dg },
  { name: 'mailgun key', pattern: /(?<![\w-])key-[a-f0-9]{32}(?![A-Za-z0-9])/dg, test: hasLetterAndDigit },
  { name: 'mailchimp key', pattern: /(?<![A-Za-z0-9])[a-f0-9]{32}-us\d{1,2}(?![\w-])/dg },
  { name: 'twilio key', pattern: /(?<![A-Za-z0-9])SK[a-f0-9]{32}(?![A-Za-z0-9])/dg },
  {
    name: 'discord bot token',
    pattern: /(?<![\w.-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])/dg,
    test: hasLetterAndDigit,
  },
  { name: 'discord webhook', pattern: /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/(?<secret>[\w-]{60,80})/dg },
  {
    name: 'azure signature',
    pattern: /[?&;]sig=(?<secret>[A-Za-z0-9%+/=]{40,128})(?![A-Za-z0-9%])/dg,
    test: hasLetterAndDigit,
  },
  {
    name: 'password of a command',
    pattern:
      /(?<![\w.-])(?:curl|wget|https?)(?=[ \t])[^\n]{0,512}?[ \t](?:-[A-Za-z]{0,4}[uU]|--(?:proxy-)?user)[ \t=]{0,4}["']?[^\s:"']{1,128}:(?<secret>[^\s"']{1,255})/dg,
    test: looksLikePassword,
  },
  {
    name: 'password of a command',
    pattern: /(?<![\w-])-u[ \t]{1,4}["']?[\w.@+]{1,64}:(?<secret>[^\s"'/:]{8,255})/dg,
    test: looksLikeSecret,
  },
  {
    name: 'password of a command',
    pattern: /(?<![\w.-])sshpass[ \t]{1,4}(?:-v[ \t]{1,4})?-p[ \t]{0,4}["']?(?<secret>[^\s"']{1,255})/dg,
    test: looksLikePassword,
  },
  {
    name: 'password of a command',
    pattern: /(?<![\w.-])(?:mysql|mariadb)[a-z-]{0,16}(?=[ \t])[^\n|;&]{0,512}?[ \t]-p["']?(?<secret>[^\s"']{1,255})/dg,
    test: looksLikePassword,
  },
  { name: 'gaia key', pattern: /gaia_(?:admin|[a-z0-9]{1,64})_[\w-]{43}/dg },
  { name: 'web token', pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.eyJ[\w-]{8,16384}(?:\.[\w-]{0,8192})?/dg },
  { name: 'password in a url', pattern: /:\/\/[^\s/:@?#"'<>]{0,255}:(?<secret>[^\s/@"'<>]{1,255})@/dg },
  {
    name: 'authorization header',
    pattern:
      /authorization["']?[ \t]{0,8}[:=][ \t]{0,8}["']?(?:bearer|basic|token|apikey|bot)[ \t]{1,8}(?<secret>[\w.~+/=:-]{4,8192})/dgi,
  },
  {
    name: 'authorization header',
    pattern: /authorization["']?[ \t]{0,8}[:=][ \t]{0,8}["']?(?<secret>[\w.~+/=:-]{4,8192})/dgi,
    test: looksLikeSecret,
  },
  {
    name: 'bearer token',
    pattern: /(?<![\w-])bearer[ \t]{1,8}(?<secret>[\w.~+/=-]{16,8192})/dgi,
    test: hasLetterAndDigit,
  },
];
