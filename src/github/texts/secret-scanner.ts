import { lintSource } from '@secretlint/core';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';

/** What must never go out, by the name it is called in refusals. */
export interface KnownSecret {
  name: string;
  value: string;
}

/** Values shorter than this are no secrets worth the name; a search for them would find prose. */
const leastLength = 12;

/** The recommended rules, but for the one by which a text says about itself where no secret is to be sought. */
const preset: typeof creator = {
  ...creator,
  create(context) {
    for (const rule of rules)
      if (rule.meta.id !== '@secretlint/secretlint-rule-filter-comments') context.registerRule(rule);
  },
};

/** Wherever a value begins within other bytes, these are the signs of its base64 that no neighbour changes; in its form for addresses. */
const base64Of = (value: string): string[] =>
  [0, 2, 3].map((first, before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
    return bytes.toString('base64url').slice(first, Math.floor((bytes.length * 8) / 6));
  });

/**
 * Names of the secrets in a text: those of this installation by their exact value, also in base64, hexadecimal or percent-encoded,
 * broken by blanks or not, and what secretlint's recommended rules recognise. The secrets themselves are never named.
 */
export function secretScanner(known: readonly KnownSecret[]): (text: string) => Promise<string[]> {
  const sought = known
    .filter(({ value }) => value.length >= leastLength)
    .map(({ name, value }) => ({
      name,
      asItIs: [value, value.replace(/\s+/g, ''), encodeURIComponent(value)],
      inBase64: base64Of(value),
      inHex: Buffer.from(value).toString('hex'),
    }));
  return async (text) => {
    const bare = text.replace(/\s+/g, '');
    const [forAddresses, lower] = [bare.replace(/\+/g, '-').replace(/\//g, '_'), bare.toLowerCase()];
    const names = new Set(
      sought
        .filter(
          ({ asItIs, inBase64, inHex }) =>
            asItIs.some((one) => text.includes(one) || bare.includes(one)) ||
            inBase64.some((one) => forAddresses.includes(one)) ||
            lower.includes(inHex),
        )
        .map(({ name }) => name),
    );
    const { messages } = await lintSource({
      source: { content: text, filePath: 'changeset.md', ext: '.md', contentType: 'text' },
      options: {
        noPhysicFilePath: true,
        maskSecrets: true,
        config: { rules: [{ id: creator.meta.id, rule: preset }] },
      },
    });
    for (const { ruleId } of messages) names.add(ruleId.replace(/^@secretlint\/secretlint-rule-/, ''));
    return [...names];
  };
}
