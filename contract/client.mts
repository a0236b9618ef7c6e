// Pages through every list of a server, as its schema types them, and prints all ids.
import createClient from "openapi-fetch";
import type { paths } from "./api";

declare const process: { argv: string[] };
const [baseUrl, size] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl });

type Asked = { page_size: number; cursor?: string };
type Page = { results: { id: string }[]; next: string | null };
type Answer = { data?: Page | string; error?: { title: string; detail: string } };

const lists: Record<string, (query: Asked) => Promise<Answer>> = {
  actions: (query) => client.GET("/api/v1/actions/", { params: { query } }),
  agencies: (query) => client.GET("/api/v1/agencies/", { params: { query } }),
  entities: (query) => client.GET("/api/v1/entities/", { params: { query } }),
  sources: (query) => client.GET("/api/v1/sources/", { params: { query } }),
  jurisdictions: (query) => client.GET("/api/v1/jurisdictions/", { params: { query } }),
  terms: (query) => client.GET("/api/v1/terms/", { params: { query } }),
};

async function all(list: (query: Asked) => Promise<Answer>, page_size: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await list(cursor ? { page_size, cursor } : { page_size });
    if (error) throw new Error(`${error.title}: ${error.detail}`);
    if (!data || typeof data === "string") throw new Error("not a page");
    ids.push(...data.results.map((row) => row.id));
    cursor = (data.next && new URL(data.next).searchParams.get("cursor")) || undefined;
  } while (cursor);
  return ids;
}

const found: Record<string, string[]> = {};
for (const [name, list] of Object.entries(lists)) {
  found[name] = await all(list, name === "jurisdictions" ? 1000 : Number(size));
}

// A mistake comes back as the problem that the schema describes.
const wrong = await client.GET("/api/v1/actions/", { params: { query: { type: "nosuch" } } });
if (wrong.error?.status !== 400) throw new Error("a wrong value was let through");
if (wrong.error.errors?.[0]?.parameter !== "type") throw new Error("the parameter is not named");

console.log(JSON.stringify(found));
