import { lintSource } from '@secretlint/core';
import { creator, rules } from '@secretlint/secretlint-rule-preset-recommend';

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

/**
 * Names of the secrets in a text: those of this installation by their exact value, also in base64 and percent-encoded, and what
 * secretlint's recommended rules recognise. The secrets themselves are never named.
 */
export function secretScanner(known: readonly { name: string; value: string }[]): (text: string) => Promise<string[]> {
  const needles = known
    .filter(({ value }) => value.length >= leastLength)
    .flatMap(({ name, value }) => [
      { name, needle: value },
      { name, needle: Buffer.from(value).toString('base64').replace(/=+$/, '') },
      { name, needle: encodeURIComponent(value) },
    ]);
  return async (text) => {
    const names = new Set(needles.filter(({ needle }) => text.includes(needle)).map(({ name }) => name));
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
