import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Hono } from 'hono';
import type { Env } from '../door.ts';

interface Asset {
  /** where pages find it; the name carries a hash of the content, so it may be kept for ever */
  url: string;
  type: string;
  etag: string;
  text: string;
}

const load = (name: string, type: string): Asset => {
  const text = readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { url: `/assets/${name.replace('.', `.${hash}.`)}`, type, etag: `"${hash}"`, text };
};

export const stylesheet = load('console.css', 'text/css; charset=utf-8');
export const script = load('live.js', 'text/javascript; charset=utf-8');
export const icon = load('icon.svg', 'image/svg+xml');

/** Serves the three files that pages need, to anyone: they hold nothing of this installation. */
export function assetRoutes(): Hono<Env> {
  const routes = new Hono<Env>();
  for (const asset of [stylesheet, script, icon]) {
    routes.get(asset.url, (c) => {
      const headers = { 'cache-control': 'public, max-age=31536000, immutable', etag: asset.etag };
      if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304, headers);
      return c.body(asset.text, 200, { ...headers, 'content-type': asset.type });
    });
  }
  return routes;
}
