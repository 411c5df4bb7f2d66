import { asc, eq } from 'drizzle-orm';
import type { Comment } from '../core/approval/comment.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';

const ofRequest = statement('comments.ofRequest', (q, $: { requestId: string }, { t }) =>
  q.select().from(t.comments).where(eq(t.comments.requestId, $.requestId)).orderBy(asc(t.comments.id)),
);

/** What was said about a request, the oldest first. */
export const listComments = (q: Handle, requestId: string): Promise<Comment[]> => q.run(ofRequest, { requestId });

export async function insertComment(tx: Tx, comment: Omit<Comment, 'id'>): Promise<Comment> {
  const [row] = await tx.insert(tx.t.comments).values(comment).returning({ id: tx.t.comments.id });
  return { ...comment, id: (row as { id: number }).id };
}
