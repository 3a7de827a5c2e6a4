/** A schema's fields; those that have fields of their own open below them. */
import { useTranslation } from "react-i18next";
import classes from "./docs.module.css";
import { type Document, resolve, type Schema, typeOf } from "./openapi";

interface Props {
  document: Document;
  schema: Schema;
  depth?: number;
}

const DEEPEST = 5;

export function SchemaView({ document, schema, depth = 0 }: Props) {
  const { t } = useTranslation();
  const { properties, required = [] } = inner(document, schema);
  if (!properties) return <code className="mp-mono">{typeOf(schema)}</code>;
  return (
    <dl className={classes.fields}>
      {Object.entries(properties).map(([name, each]) => {
        const below = depth < DEEPEST ? inner(document, each) : {};
        return (
          <div key={name}>
            <dt>
              <code className="mp-mono">{name}</code>{" "}
              <span className={classes.type}>
                {typeOf(each)}
                {required.includes(name) ? ` · ${t("docs.required")}` : ""}
                {each.default !== undefined && each.default !== null
                  ? ` · = ${JSON.stringify(each.default)}`
                  : ""}
              </span>
            </dt>
            {each.description && <dd>{each.description}</dd>}
            {below.properties && (
              <dd>
                <details>
                  <summary>{t("docs.fields", { count: Object.keys(below.properties).length })}</summary>
                  <SchemaView document={document} schema={each} depth={depth + 1} />
                </details>
              </dd>
            )}
          </div>
        );
      })}
    </dl>
  );
}

/** The object in a schema: all its parts, what it refers to, an array's items, or that of several choices with fields. */
function inner(document: Document, schema: Schema, hops = 0): Schema {
  const found = resolve(document, schema);
  if (hops > DEEPEST) return {};
  const parts = [found, ...(found.allOf ?? []).map((part) => inner(document, part, hops + 1))];
  const properties = Object.assign({}, ...parts.map((part) => part.properties)) as Schema["properties"];
  if (properties && Object.keys(properties).length > 0) {
    return { properties, required: parts.flatMap((part) => part.required ?? []) };
  }
  if (found.items) return inner(document, found.items, hops + 1);
  for (const choice of found.anyOf ?? found.oneOf ?? []) {
    const fields = inner(document, choice, hops + 1);
    if (fields.properties) return fields;
  }
  return {};
}
