import type { Account } from './accounts.ts';
import { Issue, Pull } from './issue.ts';
import type { Site } from './site.ts';

export type FieldType = 'title' | 'text' | 'number' | 'date' | 'single_select' | 'iteration';

export interface Field {
  id: number;
  name: string;
  type: FieldType;
  /** of a single select */
  options: { id: string; name: string }[];
  createdAt: number;
}

export interface Draft {
  kind: 'draft';
  id: number;
  title: string;
  body: string | null;
  author: Account;
  createdAt: number;
  updatedAt: number;
}

export interface Item {
  id: number;
  content: Issue | Draft;
  creator: Account;
  values: Map<Field, string | number>;
  isArchived: boolean;
  createdAt: number;
  updatedAt: number;
}

export interface ProjectOptions {
  title?: string;
  /** single selects by name with their options (default: Status with Todo, In Progress, Done) */
  selects?: Readonly<Record<string, readonly string[]>>;
  /** further fields by name */
  fields?: Readonly<Record<string, Exclude<FieldType, 'single_select' | 'title' | 'iteration'>>>;
}

/** A project (v2): a board of issues, pull requests and drafts with fields. */
export class Project {
  readonly site: Site;
  readonly id: number;
  readonly owner: Account;
  readonly number: number;
  readonly title: string;
  readonly fields: Field[] = [];
  readonly items: Item[] = [];
  readonly createdAt: number;
  isClosed = false;

  constructor(site: Site, owner: Account, number: number, options: ProjectOptions = {}) {
    this.site = site;
    this.id = site.nextId();
    this.owner = owner;
    this.number = number;
    this.title = options.title ?? `Project ${number}`;
    this.createdAt = site.now();
    this.#addField('Title', 'title');
    const selects = options.selects ?? { Status: ['Todo', 'In Progress', 'Done'] };
    for (const [name, choices] of Object.entries(selects)) this.#addField(name, 'single_select', choices);
    for (const [name, type] of Object.entries(options.fields ?? {})) this.#addField(name, type);
  }

  field(name: string): Field {
    const field = this.fields.find((each) => each.name === name);
    if (field === undefined) throw new Error(`"${this.title}" has no field ${name}`);
    return field;
  }

  /** The id of an option of a single select. */
  optionId(field: string, option: string): string {
    const found = this.field(field).options.find(({ name }) => name === option);
    if (found === undefined) throw new Error(`${field} has no option ${option}`);
    return found.id;
  }

  /** What a person sees in a field of an item: the option's name, the text, the number. */
  shows(item: Item, name: string): string | number | undefined {
    const field = this.field(name);
    const value = item.values.get(field);
    return field.options.find(({ id }) => id === value)?.name ?? value;
  }

  /** The item of this content; it is on the board once. */
  itemOf = (content: Issue): Item | undefined => this.items.find((each) => each.content === content);

  add(content: Issue | Draft, by = 'octocat'): Item {
    const now = this.site.now();
    const item: Item = {
      id: this.site.nextId(),
      content,
      creator: this.site.account(by),
      values: new Map(),
      isArchived: false,
      createdAt: now,
      updatedAt: now,
    };
    this.items.push(item);
    return item;
  }

  addDraft(title: string, body: string | null = null, by = 'octocat'): Item {
    const now = this.site.now();
    const author = this.site.account(by);
    const draft: Draft = { kind: 'draft', id: this.site.nextId(), title, body, author, createdAt: now, updatedAt: now };
    return this.add(draft, by);
  }

  #addField(name: string, type: FieldType, options: readonly string[] = []): void {
    const id = this.site.nextId();
    const choices = options.map((option, index) => ({
      id: (id * 16 + index).toString(16).padStart(8, '0'),
      name: option,
    }));
    this.fields.push({ id, name, type, options: choices, createdAt: this.createdAt });
  }
}

export const contentType = (content: Issue | Draft): 'Issue' | 'PullRequest' | 'DraftIssue' => {
  if (content instanceof Pull) return 'PullRequest';
  return content instanceof Issue ? 'Issue' : 'DraftIssue';
};
