/**
 * A named place where a test or a proof can make the process fail. `reach` is called there; by default it does nothing.
 * Names read `store.commit.before`; every commit and every call to the outside has one before and one after it.
 */
export type Reach = (point: string) => void;

export const unfailing: Reach = () => undefined;
