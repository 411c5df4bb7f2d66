import { accountRoutes } from './accounts.ts';
import { codeRoutes } from './code.ts';
import { issueRoutes } from './issues.ts';
import { projectRoutes } from './projects.ts';
import { pullRoutes } from './pulls.ts';
import { relationRoutes } from './relations.ts';
import type { Routes } from './route.ts';

/** Every operation that the double carries out, as `METHOD /template`. */
export const routes: Routes = {
  ...accountRoutes,
  ...codeRoutes,
  ...issueRoutes,
  ...relationRoutes,
  ...pullRoutes,
  ...projectRoutes,
};
