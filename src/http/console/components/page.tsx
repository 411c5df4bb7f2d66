import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { GaiaError } from '../../../core/errors.ts';
import type { Env } from '../../door.ts';
import { problemOf } from '../../problems.ts';
import { icon, script, stylesheet } from '../assets.ts';
import type { Visit } from '../visit.ts';
import { fullName } from '../words.ts';
import { Csrf } from './csrf.tsx';
import { Text } from './text.tsx';
import { TimeZone } from './time.tsx';

export interface PageFacts {
  title: string;
  /** absent: nobody is signed in */
  visit?: Visit;
  /** where the present state of this page is fetched from; absent: it does not follow changes */
  live?: string;
  /** only another state replaces it: somebody is in the middle of an act here */
  holds?: boolean;
  /** it shows what a running command writes: fetched every second or so, not only when the log grows */
  runs?: boolean;
  /** read out by screen readers when it changes */
  announce?: string;
  body: Child;
}

/** Answers with a page, or with its main part alone where the console's script asks for that. */
export function answerPage(
  c: Context,
  facts: PageFacts,
  status: ContentfulStatusCode = 200,
): Response | Promise<Response> {
  // Not `no-referrer`: under it browsers send `Origin: null` with forms, which looks like another site's.
  c.header('referrer-policy', 'same-origin');
  if (c.req.header('x-fragment') === 'main') return c.html(inZone(facts, <Main {...facts} />), status);
  return c.html(document(facts), status);
}

/** Answers with a page that shows why an act came to nothing; the log keeps that too. */
export function answerRefusal(c: Context<Env>, facts: PageFacts, because: GaiaError): Response | Promise<Response> {
  c.set('refusal', because);
  return answerPage(c, facts, problemOf(because).status);
}

/** A whole page as text. */
export const document = (facts: PageFacts) => html`<!doctype html>${inZone(facts, <Page {...facts} />)}`;

const inZone = ({ visit }: PageFacts, content: Child) => (
  <TimeZone.Provider value={visit?.timeZone ?? 'UTC'}>{content}</TimeZone.Provider>
);

const Page = (facts: PageFacts) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="robots" content="noindex" />
      <title>{facts.title} · Gaia</title>
      <link rel="icon" href={icon.url} type="image/svg+xml" />
      <link rel="stylesheet" href={stylesheet.url} />
      {facts.visit ? <script src={script.url} defer /> : null}
    </head>
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <img src={icon.url} alt="" width="24" height="24" /> Gaia
        </a>
        {facts.visit ? <Navigation visit={facts.visit} /> : null}
      </header>
      <p id="live-notice" class="notice live" hidden>
        This page has changed. <a href={facts.live ?? '/'}>Show it as it is now</a>
      </p>
      <Main {...facts} />
      <p id="announce" class="unseen" role="status" aria-live="polite" />
    </body>
  </html>
);

const Main = ({ title, visit, live, holds, runs, announce, body }: PageFacts) => (
  <main
    id="main"
    tabindex={-1}
    data-title={`${title} · Gaia`}
    data-live={live}
    data-seq={live === undefined ? undefined : visit?.seq}
    data-holds={holds ? 'yes' : undefined}
    data-runs={runs ? 'yes' : undefined}
    data-announce={announce}
  >
    {body}
  </main>
);

const Navigation = ({ visit }: { visit: Visit }) => (
  <>
    <nav aria-label="Pages">
      <a href="/">Inbox</a>
      <a href="/requests">Requests</a>
      <a href="/agents">Agents</a>
      <a href="/log">Log</a>
      <a href="/status">Status</a>
      <a href="/operations">Operations</a>
    </nav>
    <form class="sign-out" method="post" action="/sign-out">
      <Csrf visit={visit} />
      <span class="quiet who">
        <Text of={visit.personId === 'local' ? 'local console person' : fullName(visit.personId, visit.names)} />
      </span>
      <button class="plain" type="submit">
        Sign out
      </button>
    </form>
  </>
);
