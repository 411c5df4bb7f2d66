import { GaiaProblem, GaiaUnreachable } from '../../client/problem.ts';
import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { Progress } from '../progress.ts';
import { readTerminalSession, removeTerminalSession, writeTerminalSession } from '../terminal-session.ts';
import { span } from '../text/times.ts';

/** Milliseconds between two questions whether the person has confirmed. */
const askEveryMs = 2_000;

/** Device flow: this terminal shows a code, the person confirms it where they are signed in, and it acts for them. */
export async function login(cli: Cli): Promise<Exit> {
  const { terminal, settings } = cli;
  const client = cli.client('anyone');
  const begun = await client.beginLogin();
  cli.note(
    `Code: ${cli.paintErr('bold', visible(begun.code))}`,
    `Open ${visible(begun.url)} where you are signed in, compare the code, and confirm it there.`,
  );
  const progress = new Progress(terminal);
  try {
    while (terminal.now() < begun.expiresAt) {
      const finished = await client.finishLogin(begun.token);
      if (finished.confirmed && finished.session !== undefined) {
        const { session, person = '', expiresAt = terminal.now() + 3_600_000 } = finished;
        const path = writeTerminalSession({ session, person, expiresAt, url: settings.url }, settings, terminal.env);
        progress.end();
        cli.answer({ person, expiresAt, file: path }, [
          `You act here as ${visible(person)} until ${cli.times().clock(expiresAt)}. End it: gaia logout`,
        ]);
        return exits.done;
      }
      progress.show('Waiting for the confirmation', `, ${span(begun.expiresAt - terminal.now())} left`);
      await terminal.delay(askEveryMs);
    }
  } finally {
    progress.end();
  }
  throw new GaiaProblem({
    status: 401,
    code: 'login_over',
    detail: 'The code was not confirmed in time.',
    remedy: 'Type `gaia login` again.',
  });
}

/** Ends the session with Gaia and forgets it here. Where Gaia cannot be asked, it ends by itself within the hour. */
export async function logout(cli: Cli): Promise<Exit> {
  const { settings, terminal } = cli;
  const session = readTerminalSession(settings, terminal.env);
  let ended = false;
  if (session) {
    try {
      await cli.client('person').logOut();
      ended = true;
    } catch (error) {
      if (!(error instanceof GaiaUnreachable) && !(error instanceof GaiaProblem && error.status === 401)) throw error;
    }
  }
  const wasThere = removeTerminalSession(settings, terminal.env);
  const until = session && !ended ? ' Gaia could not be told; the session ends by itself within the hour.' : '';
  cli.answer({ loggedOut: wasThere, ended }, [
    wasThere ? `Nobody is logged in here any more.${until}` : 'Nobody was logged in here.',
  ]);
  return exits.done;
}
