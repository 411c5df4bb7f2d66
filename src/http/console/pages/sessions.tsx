import { nameOfPerson } from '../../../actions/sessions.ts';
import type { GaiaError } from '../../../core/errors.ts';
import { Csrf } from '../components/csrf.tsx';
import { Done, Refused } from '../components/notice.tsx';
import type { PageFacts } from '../components/page.tsx';
import { Text } from '../components/text.tsx';
import type { Visit } from '../visit.ts';

/** `to` is the page to go on to. */
export const signInPage = ({ token, personId, to }: { token: string; personId: string; to: string }): PageFacts => ({
  title: 'Sign in',
  body: (
    <div class="narrow">
      <h1>Sign in to Gaia</h1>
      <p>
        You will be{' '}
        <strong>
          <Text of={nameOfPerson(personId)} />
        </strong>{' '}
        on this browser, for 12 hours.
      </p>
      <form class="decide" method="post" action="/sign-in">
        <input type="hidden" name="token" value={token} />
        {to === '/' ? null : <input type="hidden" name="to" value={to} />}
        <button class="approve" type="submit">
          Sign in
        </button>
      </form>
      <p class="quiet">The link works once. What you approve here counts as yours, so do not pass it on.</p>
    </div>
  ),
});

export const signedOutPage = (): PageFacts => ({
  title: 'Signed out',
  body: (
    <div class="narrow">
      <h1>You are signed out</h1>
      <p>
        To come back, type <code>gaia console</code> and open the link it prints.
      </p>
    </div>
  ),
});

interface LoginFacts {
  visit: Visit;
  confirmed?: boolean;
  refused?: GaiaError;
}

export const loginPage = ({ visit, confirmed, refused }: LoginFacts): PageFacts => ({
  title: 'Let a terminal in',
  visit,
  body: (
    <div class="narrow">
      <h1>Let a terminal in</h1>
      {refused ? <Refused because={refused} /> : null}
      {confirmed ? <Done says="If a terminal waited with that code, it now acts for you, for an hour." /> : null}
      <p>
        Type <code>gaia login</code> in your terminal; it shows a code. Confirm only a code that you see in a terminal
        of your own: whoever holds that terminal can approve as you for an hour.
      </p>
      <form class="decide" method="post" action="/login">
        <Csrf visit={visit} />
        <label for="code">The code it shows</label>
        <input
          id="code"
          class="code"
          name="code"
          type="text"
          required
          maxlength={40}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          placeholder="BCDF-GHJK"
        />
        <button class="approve" type="submit">
          Let it in
        </button>
      </form>
    </div>
  ),
});
