import fc from 'fast-check';
import type { AGaia, Clock } from './fixture.ts';
import type { Gaia } from './gaia.ts';
import {
  ask,
  decide,
  type Model,
  policies,
  type Ruled,
  type StoryPolicy,
  storyPeople,
  tick,
  twinsOf,
  type Verdict,
  type Weight,
  weightUnder,
  withdraw,
} from './story-model.ts';

/** The Gaia that a story is told to, and the ids of its requests in the order of the model's. */
export interface Real {
  gaia: Gaia;
  world: AGaia;
  clock: Clock;
  ids: string[];
  steps: number;
}

type Step = fc.AsyncCommand<Model, Real>;

/** A step that does the same to both and says what differs. */
function step(
  words: string,
  run: (model: Model, real: Real) => Promise<void>,
  may: (model: Model) => boolean = () => true,
): Step {
  return {
    check: (model) => may(model),
    async run(model, real) {
      real.steps++;
      await run(model, real);
      await compare(model, real, words);
    },
    toString: () => words,
  };
}

const insist = (holds: boolean, message: string): void => {
  if (!holds) throw new Error(message);
};

async function compare(model: Model, { gaia, world, ids }: Real, words: string): Promise<void> {
  for (const [index, expected] of model.requests.entries()) {
    const request = await gaia.findRequest(world.db.read, ids[index] as string);
    insist(
      request?.state === expected.state,
      `after “${words}” request ${index} is ${request?.state}, the model says ${expected.state}`,
    );
  }
}

const any = (model: Model): boolean => model.requests.length > 0;
const at = (model: Model, pick: number): number => model.requests.length - 1 - (pick % model.requests.length);

const asks = (agent: string, weight: Weight, subject: number): Step =>
  step(`${agent} asks ${weight} ${subject}`, async (model, { gaia, world, ids }) => {
    const input =
      weight === 'question'
        ? { kind: 'question', question: { text: `${subject}?`, choices: ['yes', 'no'] } }
        : { kind: 'command', command: { argv: ['echo', weight, String(subject)], cwd: '/' } };
    const twins = twinsOf(model, agent, weight, subject);
    const open = twins.filter((index) => {
      const twin = model.requests[index];
      return twin !== undefined && model.now < twin.expiresAt && twin.asked === weightUnder(model.policy, weight);
    });
    const { request, joined } = await gaia.submitRequest(world.app, input, world.asker(agent));
    if (joined) {
      insist(
        open.some((index) => ids[index] === request.id),
        `it joined ${request.id}, which is no equal pending request`,
      );
      return;
    }
    insist(open.length === 0 || twins.length > 1, 'an equal request was pending, and it did not join it');
    ask(model, agent, weight, subject);
    ids.push(request.id);
  });

const shows = (person: string, pick: number): Step =>
  step(
    `${person} is shown ${pick}`,
    async (model, { gaia, world, ids }) => {
      const request = model.requests[at(model, pick)];
      if (request?.state === 'pending' && (storyPeople as readonly string[]).includes(person)) request.shown = true;
      await gaia.markShown(world.app, ids[at(model, pick)] as string, person);
    },
    any,
  );

const misfits = ['not_approvable', 'not_answerable'];

const decides = (person: string, pick: number, verdict: Verdict, confirm: boolean, rightDigest: boolean): Step =>
  step(
    `${person} says ${verdict}${confirm ? ', confirming,' : ''} on ${pick}${rightDigest ? '' : ' with another digest'}`,
    async (model, { gaia, world, ids }) => {
      const index = at(model, pick);
      const expected = decide(model, model.requests[index] as Model['requests'][number], person, verdict, {
        confirm,
        rightDigest,
      });
      const { digest } = (await gaia.findRequest(world.db.read, ids[index] as string)) as { digest: string };
      const decision = {
        requestId: ids[index] as string,
        personId: person,
        verdict,
        digest: rightDigest ? digest : '0'.repeat(64),
        confirm,
      };
      const said = verdict === 'answer' ? { ...decision, answer: 'yes' } : decision;
      const came = await gaia.decide(world.app, said, world.by(`person:${person}`)).then(
        ({ repeated, confirmBy }): Ruled =>
          repeated ? 'repeated' : confirmBy === undefined ? 'recorded' : 'to_confirm',
        (error: unknown): Ruled => {
          if (!(error instanceof gaia.GaiaError)) throw error;
          const reason = error.extras.reason ?? error.code;
          return misfits.includes(reason) ? 'misfit' : (reason as Ruled);
        },
      );
      insist(came === expected, `deciding came to ${came}, the model says ${expected}`);
    },
    any,
  );

const withdraws = (agent: string, pick: number): Step =>
  step(
    `${agent} withdraws ${pick}`,
    async (model, { gaia, world, ids }) => {
      const expected = withdraw(model.requests[at(model, pick)] as Model['requests'][number], agent);
      const came = await gaia
        .withdrawRequest(world.app, ids[at(model, pick)] as string, world.by(`agent:${agent}`))
        .then(
          () => true,
          (error: unknown) => {
            if (error instanceof gaia.GaiaError) return false;
            throw error;
          },
        );
      insist(came === expected, `withdrawing came to ${came}, the model says ${expected}`);
    },
    any,
  );

const pauses = (on: boolean): Step =>
  step(on ? 'an operator pauses' : 'an operator resumes', async (model, { gaia, world }) => {
    model.paused = on;
    const operator = world.by(`person:${storyPeople[0]}`);
    await (on ? gaia.pause(world.app, { reason: null }, operator) : gaia.resume(world.app, {}, operator));
  });

const loads = (policy: StoryPolicy): Step =>
  step(`the ${policy} policy is loaded`, async (model, { gaia, world }) => {
    model.policy = policy;
    await gaia.loadPolicy(world.app, policies[policy], world.by('admin'));
  });

const turns = (ms: number): Step =>
  step(`${ms / 1000} s pass`, async (model, { clock }) => {
    model.now += ms;
    clock.turn(ms);
  });

const ticks = (): Step =>
  step('the loops turn', async (model, { gaia, world, clock }) => {
    tick(model);
    await gaia.expireDue(world.app, clock.now());
    await gaia.beginApproved(world.app);
  });

const agent = fc.constantFrom('builder', 'tester');
const person = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom<string>(...storyPeople) },
  { weight: 1, arbitrary: fc.constant('99') },
);
const pick = fc.nat({ max: 5 });
const weights = fc.constantFrom<Weight>('one', 'one', 'two', 'three', 'question');
const mostly = (weight: number) => fc.nat({ max: weight }).map((drawn) => drawn > 0);

/** Every kind of step, the frequent ones more than once. */
export const storySteps: fc.Arbitrary<Step>[] = [
  fc.tuple(agent, weights, fc.nat({ max: 3 })).map((given) => asks(...given)),
  fc.tuple(agent, weights, fc.nat({ max: 3 })).map((given) => asks(...given)),
  fc.tuple(person, pick).map((given) => shows(...given)),
  fc.tuple(person, pick).map((given) => shows(...given)),
  fc.tuple(person, pick, fc.constant<Verdict>('approve'), fc.boolean(), mostly(30)).map((given) => decides(...given)),
  fc.tuple(person, pick, fc.constant<Verdict>('approve'), fc.boolean(), mostly(30)).map((given) => decides(...given)),
  fc
    .tuple(person, pick, fc.constant<Verdict>('approve'), fc.constant(true), fc.constant(true))
    .map((given) => decides(...given)),
  fc
    .tuple(person, pick, fc.constantFrom<Verdict>('deny', 'answer'), fc.boolean(), mostly(10))
    .map((given) => decides(...given)),
  fc.tuple(agent, pick).map((given) => withdraws(...given)),
  fc.boolean().map(pauses),
  fc.constant(false).map(pauses),
  fc.constantFrom<StoryPolicy>('usual', 'usual', 'strict').map(loads),
  // just below, at and above every clock there is
  fc.constantFrom(1, 1_000, 59_999, 60_000, 899_999, 900_000, 1_799_999, 1_800_000, 3_600_000).map(turns),
  fc.constantFrom(1, 1_000).map(turns),
  fc.constant(undefined).map(ticks),
  fc.constant(undefined).map(ticks),
];
