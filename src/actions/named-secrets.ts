import type { Blocker } from '../core/approval/blocker.ts';
import { type CommandInput, type CommandMode, type ResolvedCommand, secretNamed } from '../core/command/command.ts';
import { unavailable } from '../core/errors.ts';
import { matchesGlob } from '../core/policy/glob.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { App } from './app.ts';
import type { Handover } from './executor.ts';

/** Why a command may not have a secret that its environment names, where that is so. */
export function namedSecretBlockers(
  { env = {} }: Pick<CommandInput, 'env'>,
  { agent, mode }: { agent: string | undefined; mode: CommandMode },
  { namedSecrets }: Policy,
): Blocker[] {
  const asking = Object.entries(env).filter(([, value]) => value.startsWith('secret:'));
  if (mode === 'client' && asking.length > 0) return [notForAgents(asking.map(([name]) => name))];
  const misnamed = asking.filter(([, value]) => secretNamed(value) === undefined).map(([name]) => misnamedSecret(name));
  return [...misnamed, ...namesIn(env).flatMap(ofName)];

  function ofName(name: string): Blocker[] {
    const known = namedSecrets.find((secret) => secret.name === name);
    if (known === undefined) {
      return [
        {
          code: 'secret_unknown',
          phase: 'submit',
          message: `The policy has no secret called ${name}.`,
          remedy: 'Ask the administrator to name it under `secrets:`, with the file it stands in.',
          facts: { name },
        },
      ];
    }
    if (known.agents === undefined || (agent !== undefined && known.agents.some((glob) => matchesGlob(glob, agent))))
      return [];
    return [
      {
        code: 'secret_not_allowed',
        phase: 'submit',
        message: `The secret ${name} is not for ${agent === undefined ? 'people who ask' : `the agent ${agent}`}.`,
        remedy: 'Ask the administrator to add the agent to that secret.',
        facts: { name },
      },
    ];
  }
}

const notForAgents = (names: string[]): Blocker => ({
  code: 'secret_not_allowed',
  phase: 'submit',
  message: `The agent runs this itself, and Gaia hands it no secrets (${names.join(', ')}).`,
  remedy: 'Ask with the mode real, or let the program read the secret by itself.',
});

const misnamedSecret = (name: string): Blocker => ({
  code: 'secret_unknown',
  phase: 'submit',
  message: `The value of ${name} begins with “secret:”, and what follows is no name of a secret.`,
  remedy: 'Names of secrets are capital letters, digits and “_”, as in secret:NPM_TOKEN.',
  facts: { name },
});

/** Reads the secrets a command names, right before it starts; throws unavailable, naming the secret and never its value. */
export async function secretsFor(app: App, command: ResolvedCommand): Promise<Handover> {
  const { policy } = app.inForce;
  const secrets: Record<string, string> = {};
  for (const name of namesIn(command.env)) {
    const source = policy.namedSecrets.find((secret) => secret.name === name);
    const value = source && (await app.execution?.readSecret(source.file));
    if (value === undefined || value === '') {
      throw unavailable(`The secret ${name} could not be read from its file.`, {
        reason: 'secret_unreadable',
        remedy: 'Let the administrator look at the file that the policy names for it.',
      });
    }
    secrets[name] = value;
  }
  return { secrets, patterns: policy.secrets };
}

const namesIn = (env: Readonly<Record<string, string>>): string[] => [
  ...new Set(Object.values(env).flatMap((value) => secretNamed(value) ?? [])),
];
