import { type GaiaError, problems } from '../../core/errors.ts';
import { Refused } from './components/notice.tsx';
import { document } from './components/page.tsx';
import { Text, Words } from './components/text.tsx';

const headingOf = ({ code }: GaiaError): string =>
  code === 'unauthenticated' ? 'Sign in first' : problems[code].title;

/** A refusal as a page of its own. It shows nothing but the refusal, so anyone may see it. */
export const errorPage = (error: GaiaError, traceId: string) =>
  document({
    title: headingOf(error),
    body: (
      <div class="narrow">
        <h1>{headingOf(error)}</h1>
        {error.code === 'unauthenticated' ? <HowToSignIn because={error} /> : <Refused because={error} />}
        {error.code === 'unauthenticated' ? null : (
          <p>
            <a class="button" href="/">
              To the inbox
            </a>
          </p>
        )}
        <p class="quiet">
          Trace{' '}
          <code>
            <Text of={traceId} />
          </code>
        </p>
      </div>
    ),
  });

const HowToSignIn = ({ because }: { because: GaiaError }) => (
  <div class="steps">
    <p>
      <strong>
        <Words of={because.message} />
      </strong>
    </p>
    <p>Links are personal, work once, and last five minutes:</p>
    <ol>
      <li>
        On the machine Gaia runs on, type <code>gaia console</code> (from its folder: <code>npx gaia console</code>).
      </li>
      <li>Open the link it prints, and press Sign in.</li>
    </ol>
    {/* a strict cookie stays at home when another site's link leads here; a link of our own brings it along */}
    {because.extras.reason === 'not_signed_in' ? (
      <p>
        Signed in already? <a href="?">Open this page again</a>
      </p>
    ) : null}
  </div>
);
