import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { accountId, type Addresses, type Declaration, physical, region } from './physical.ts';

type Json = Record<string, unknown>;

interface RawResource {
  Type: string;
  Properties?: Json;
  Metadata?: Json;
  Condition?: string;
}

interface TemplateBody {
  Parameters?: Record<string, { Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Json>>;
  Resources?: Record<string, RawResource>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>;
}

interface Stack {
  name: string;
  body: TemplateBody;
}

/** A resource of a template. Its values are resolved on access, since addresses are known only once servers listen. */
export class Resource implements Declaration {
  readonly id: string;
  readonly type: string;
  readonly stack: string;
  readonly metadata: Json;
  readonly #templates: Templates;
  readonly #properties: Json;

  constructor(templates: Templates, stack: string, id: string, raw: RawResource) {
    this.id = id;
    this.type = raw.Type;
    this.stack = stack;
    this.metadata = raw.Metadata ?? {};
    this.#templates = templates;
    this.#properties = raw.Properties ?? {};
  }

  /** The properties with every intrinsic function resolved, in the shape that the caller names. */
  properties<P = Json>(): P {
    return this.#templates.resolve(this.#properties, this.stack) as P;
  }

  /** One resolved property: enough for a name, without resolving whatever else the resource refers to. */
  property(name: string): unknown {
    return this.#templates.resolve(this.#properties[name], this.stack);
  }

  /** What `Ref` gives: an ARN, a name, an id or a URL, as CloudFormation defines it for the type. */
  get ref(): string {
    return physical(this, this.#templates.addresses).ref;
  }

  /** What `Fn::GetAtt` gives. */
  att(name: string): string {
    return physical(this, this.#templates.addresses).att(name);
  }
}

const pseudoParameters: Record<string, (stack: string) => unknown> = {
  'AWS::Region': () => region,
  'AWS::AccountId': () => accountId,
  'AWS::Partition': () => 'aws',
  'AWS::URLSuffix': () => 'amazonaws.com',
  'AWS::StackName': (stack) => stack,
  'AWS::StackId': (stack) => `arn:aws:cloudformation:${region}:${accountId}:stack/${stack}/local`,
  'AWS::NotificationARNs': () => [],
  'AWS::NoValue': () => undefined,
};

/** The synthesised stacks of one cdk.out, with look-ups and with CloudFormation's intrinsic functions. */
export class Templates {
  readonly dir: string;
  /** Where the parts of the local cloud listen. Each is set when the part starts, before values are resolved. */
  readonly addresses: Addresses = {};
  readonly #stacks: Map<string, Stack>;
  readonly #resources: Resource[];

  constructor(dir: string, stacks: Stack[]) {
    this.dir = dir;
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]));
    this.#resources = stacks.flatMap(({ name, body }) =>
      Object.entries(body.Resources ?? {})
        .filter(([, raw]) => raw.Condition === undefined || this.#condition(raw.Condition, name))
        .map(([id, raw]) => new Resource(this, name, id, raw)),
    );
  }

  /** Every resource of every stack, in the order of the templates. */
  get resources(): readonly Resource[] {
    return this.#resources;
  }

  ofType(...types: string[]): Resource[] {
    return this.#resources.filter((resource) => types.includes(resource.type));
  }

  /** The resource with a logical id: of the given stack if it has one, else of any. */
  find(id: string, stack?: string): Resource | undefined {
    const found = this.#resources.filter((resource) => resource.id === id);
    return found.find((resource) => resource.stack === stack) ?? found[0];
  }

  /** A value with its intrinsic functions resolved, as seen from a stack (the first one, if none is named). */
  resolve(value: unknown, stack: string = this.#firstStack()): unknown {
    if (Array.isArray(value)) {
      return value.map((item) => this.resolve(item, stack)).filter((item) => item !== undefined);
    }
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    const [key, argument] = entries[0] ?? ['', undefined];
    if (entries.length === 1 && (key === 'Ref' || key.startsWith('Fn::'))) {
      return this.#intrinsic(key, argument, stack);
    }
    return Object.fromEntries(
      entries
        .map(([name, item]) => [name, this.resolve(item, stack)] as const)
        .filter(([, item]) => item !== undefined),
    );
  }

  #firstStack(): string {
    return this.#stacks.keys().next().value ?? '';
  }

  #intrinsic(key: string, argument: unknown, stack: string): unknown {
    switch (key) {
      case 'Ref':
        return this.#ref(String(argument), stack);
      case 'Fn::GetAtt':
        return this.#getAtt(argument as string | [string, string], stack);
      case 'Fn::Sub':
        return this.#sub(argument as string | [string, Json], stack);
      case 'Fn::If': {
        const [condition, yes, no] = argument as [string, unknown, unknown];
        return this.resolve(this.#condition(condition, stack) ? yes : no, stack);
      }
      case 'Fn::ImportValue':
        return this.#exported(String(this.resolve(argument, stack)));
      default:
        return this.#listFunction(key, this.resolve(argument, stack) as unknown[], stack);
    }
  }

  /** The functions whose arguments may be resolved before they are applied. */
  #listFunction(key: string, list: unknown[], stack: string): unknown {
    switch (key) {
      case 'Fn::Join':
        return (list[1] as unknown[]).map(String).join(String(list[0]));
      case 'Fn::Split':
        return String(list[1]).split(String(list[0]));
      case 'Fn::Select':
        return (list[1] as unknown[])[Number(list[0])];
      case 'Fn::FindInMap': {
        const [map, top, second] = list.map(String);
        return this.#stacks.get(stack)?.body.Mappings?.[map ?? '']?.[top ?? '']?.[second ?? ''];
      }
      case 'Fn::Equals':
        return list[0] === list[1];
      case 'Fn::Not':
        return list[0] !== true;
      case 'Fn::And':
        return list.every((item) => item === true);
      case 'Fn::Or':
        return list.some((item) => item === true);
      default:
        throw new Error(`${stack}: the local cloud does not know the intrinsic function ${key}`);
    }
  }

  #ref(id: string, stack: string): unknown {
    const pseudo = pseudoParameters[id];
    if (pseudo) return pseudo(stack);
    const parameter = this.#stacks.get(stack)?.body.Parameters?.[id];
    if (parameter) return parameter.Default;
    return this.#existing(id, stack).ref;
  }

  #getAtt(argument: string | [string, string], stack: string): string {
    const [id, ...attribute] = typeof argument === 'string' ? argument.split('.') : argument;
    return this.#existing(id ?? '', stack).att(attribute.join('.'));
  }

  #sub(argument: string | [string, Json], stack: string): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : argument;
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_match, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return String(this.resolve(variables[name], stack));
      return String(name.includes('.') ? this.#getAtt(name, stack) : this.#ref(name, stack));
    });
  }

  #exported(name: string): unknown {
    for (const stack of this.#stacks.values()) {
      for (const output of Object.values(stack.body.Outputs ?? {})) {
        if (output.Export && this.resolve(output.Export.Name, stack.name) === name) {
          return this.resolve(output.Value, stack.name);
        }
      }
    }
    throw new Error(`No stack exports ${name}`);
  }

  #condition(name: string, stack: string): boolean {
    return this.#evaluate(this.#stacks.get(stack)?.body.Conditions?.[name], stack);
  }

  /** A condition may name another one with `{ Condition }`, which elsewhere is an ordinary key. */
  #evaluate(value: unknown, stack: string): boolean {
    const expand = (item: unknown): unknown => {
      if (Array.isArray(item)) return item.map(expand);
      if (item === null || typeof item !== 'object') return item;
      const named = (item as { Condition?: unknown }).Condition;
      if (typeof named === 'string') return this.#condition(named, stack);
      return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, expand(inner)]));
    };
    return this.resolve(expand(value), stack) === true;
  }

  #existing(id: string, stack: string): Resource {
    const resource = this.find(id, stack);
    if (!resource) throw new Error(`${stack} refers to ${id}, which no stack declares`);
    return resource;
  }
}

interface Manifest {
  artifacts?: Record<string, { type: string; properties?: { templateFile?: string; stackName?: string } }>;
}

/** Reads the stacks of a cdk.out: those its manifest names, or without a manifest every `*.template.json`. */
export function loadTemplates(dir: string): Templates {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(dir, file), 'utf8'));
  const fromManifest = (manifest: Manifest): [string, string][] =>
    Object.entries(manifest.artifacts ?? {}).flatMap(([id, { type, properties }]) =>
      type === 'aws:cloudformation:stack' && properties?.templateFile
        ? [[properties.stackName ?? id, properties.templateFile] as [string, string]]
        : [],
    );
  const files = existsSync(join(dir, 'manifest.json'))
    ? fromManifest(read('manifest.json') as Manifest)
    : readdirSync(dir)
        .filter((file) => file.endsWith('.template.json'))
        .toSorted()
        .map((file): [string, string] => [basename(file, '.template.json'), file]);
  if (files.length === 0) throw new Error(`${dir} holds no synthesised stack`);
  return new Templates(
    dir,
    files.map(([name, file]) => ({ name, body: read(file) as TemplateBody })),
  );
}
