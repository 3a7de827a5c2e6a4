/** Which models the filters leave, in the order asked for. */
import { authorOf, isFree, type Market, type MarketModel, type Model } from "@/shared/api/models";
import { perMillion } from "@/shared/lib/format";
import { matches, words } from "@/shared/lib/match";
import type { ModelsSearch, Sort } from "./search";

export function filterModels(models: Model[], search: ModelsSearch, market?: Market): Model[] {
  const wanted = words(search.q ?? "");
  const left = models.filter((model) => {
    if (wanted.length && !matches(`${model.name} ${model.id} ${model.description}`, wanted)) return false;
    if (search.free && !isFree(model)) return false;
    if (search.input && !search.input.every((each) => model.architecture.input_modalities.includes(each)))
      return false;
    if (search.output && !search.output.some((each) => model.architecture.output_modalities.includes(each)))
      return false;
    if (search.params && !search.params.every((each) => model.supported_parameters.includes(each)))
      return false;
    if (search.authors && !search.authors.includes(authorOf(model.id))) return false;
    if (search.context !== undefined && (model.context_length ?? 0) < search.context) return false;
    if (search.maxPrice !== undefined) {
      const price = perMillion(model.pricing.prompt);
      if (price === null || price > search.maxPrice) return false;
    }
    if (search.series && !search.series.includes(model.architecture.tokenizer ?? "")) return false;
    return !asksTheMarket(search) || passesMarket(search, market?.models.get(model.id));
  });
  return sortModels(left, search.sort ?? "newest", wanted, market);
}

/** Whether only the market's figures tell which models pass. */
export function asksTheMarket({ providers, policy, speed }: ModelsSearch): boolean {
  return providers !== undefined || policy !== undefined || speed !== undefined;
}

function passesMarket({ providers, policy, speed }: ModelsSearch, of: MarketModel | undefined): boolean {
  if (!of) return false;
  if (providers && !providers.some((each) => of.providers.includes(each))) return false;
  if (policy && !(policy === "zdr" ? of.zdr : of.no_training)) return false;
  return speed === undefined || (of.throughput ?? 0) >= speed;
}

/** What matches in the name or id stands before what matches only in the description. */
function sortModels(models: Model[], sort: Sort, wanted: string[], market: Market | undefined): Model[] {
  const compare = ORDERS[sort];
  const of = (model: Model) => market?.models.get(model.id);
  const near = (model: Model) =>
    wanted.length === 0 || matches(`${model.name} ${model.id}`, wanted) ? 0 : 1;
  return [...models].sort(
    (one, other) => near(one) - near(other) || compare(one, other, of) || byId(one, other),
  );
}

const byId = (one: Model, other: Model) => one.id.localeCompare(other.id);
const last = Number.MAX_VALUE;
const prompt = (model: Model) => perMillion(model.pricing.prompt) ?? last;
const completion = (model: Model) => perMillion(model.pricing.completion) ?? last;

type Of = (model: Model) => MarketModel | undefined;

const ORDERS: Record<Sort, (one: Model, other: Model, of: Of) => number> = {
  weekly: (one, other, of) => (of(other)?.weekly_tokens ?? 0) - (of(one)?.weekly_tokens ?? 0),
  throughput: (one, other, of) => (of(other)?.throughput ?? 0) - (of(one)?.throughput ?? 0),
  latency: (one, other, of) => (of(one)?.latency ?? last) - (of(other)?.latency ?? last),
  newest: (one, other) => other.created - one.created,
  name: (one, other) => one.name.localeCompare(other.name),
  "price-low": (one, other) => prompt(one) - prompt(other),
  "price-high": (one, other) => (prompt(other) % last) - (prompt(one) % last),
  "output-low": (one, other) => completion(one) - completion(other),
  "output-high": (one, other) => (completion(other) % last) - (completion(one) % last),
  context: (one, other) => (other.context_length ?? 0) - (one.context_length ?? 0),
};

export interface Facets {
  input: string[];
  output: string[];
  authors: { name: string; count: number }[];
  params: string[];
  series: string[];
  providers: { value: string; label: string }[];
}

/** What there is to filter by, in these models. */
export function facetsOf(models: Model[], market?: Market): Facets {
  const input = new Set<string>();
  const output = new Set<string>();
  const params = new Set<string>();
  const series = new Set<string>();
  const authors = new Map<string, number>();
  for (const model of models) {
    for (const each of model.architecture.input_modalities) input.add(each);
    for (const each of model.architecture.output_modalities) output.add(each);
    for (const each of model.supported_parameters) params.add(each);
    if (model.architecture.tokenizer) series.add(model.architecture.tokenizer);
    authors.set(authorOf(model.id), (authors.get(authorOf(model.id)) ?? 0) + 1);
  }
  return {
    input: [...input].sort(),
    output: [...output].sort(),
    params: [...params].sort(),
    series: [...series].sort(),
    providers: Object.entries(market?.providers ?? {})
      .map(([value, label]) => ({ value, label }))
      .sort((one, other) => one.label.localeCompare(other.label)),
    authors: [...authors]
      .map(([name, count]) => ({ name, count }))
      .sort((one, other) => other.count - one.count || one.name.localeCompare(other.name)),
  };
}
