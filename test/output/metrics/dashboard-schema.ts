/*
The JSON model of a Grafana dashboard, as its documentation tells it (Dashboards, JSON model): what is used of it, and nothing that it
does not know, since Grafana drops that without a word.
*/
const text = {type: 'string', minLength: 1} as const;
const natural = {type: 'integer', minimum: 0} as const;

const object = <T extends Readonly<Record<string, unknown>>>(properties: T, required: readonly string[] = Object.keys(properties)) =>
	({type: 'object', additionalProperties: false, required, properties}) as const;

const source = object({type: {const: 'prometheus'}, uid: {const: '${datasource}'}}); // eslint-disable-line no-template-curly-in-string -- a variable of Grafana

const query = object({refId: text, datasource: source, expr: text, legendFormat: text, instant: {type: 'boolean'}, range: {type: 'boolean'}, format: {enum: ['time_series', 'table', 'heatmap']}}, ['refId', 'datasource', 'expr']);

const variable = object({
	name: {type: 'string', pattern: '^[a-z]\\w*$'}, label: text, type: {enum: ['query', 'datasource', 'custom', 'constant', 'interval', 'textbox', 'adhoc']}, datasource: source,
	query: {oneOf: [text, object({query: text, refId: text})]}, refresh: {enum: [0, 1, 2]}, includeAll: {type: 'boolean'}, multi: {type: 'boolean'}, sort: {type: 'integer', minimum: 0, maximum: 8},
	allValue: text, current: object({text, value: text, selected: {type: 'boolean'}}, []),
}, ['name', 'type', 'query']);

const threshold = object({mode: {enum: ['absolute', 'percentage']}, steps: {type: 'array', minItems: 1, items: object({color: text, value: {type: ['number', 'null']}})}});

const panel = object({
	id: natural, title: text, description: text, type: {enum: ['stat', 'timeseries', 'table', 'gauge', 'bargauge', 'row', 'text']}, datasource: source,
	gridPos: object({x: {...natural, maximum: 23}, y: natural, w: {type: 'integer', minimum: 1, maximum: 24}, h: {type: 'integer', minimum: 1}}),
	targets: {type: 'array', minItems: 1, items: query},
	fieldConfig: object({
		defaults: object({unit: text, custom: {type: 'object'}, thresholds: threshold, min: {type: 'number'}, max: {type: 'number'}, decimals: natural, mappings: {type: 'array', items: object({type: {enum: ['value', 'range', 'regex', 'special']}, options: {type: 'object'}})}}, []),
		overrides: {type: 'array', items: object({matcher: object({id: text, options: {}}), properties: {type: 'array', items: object({id: text, value: {}}, ['id'])}})},
	}),
	options: {type: 'object'},
}, ['id', 'title', 'type', 'datasource', 'gridPos', 'targets', 'fieldConfig', 'options']);

export const dashboardSchema = object({
	title: text, uid: {type: 'string', pattern: '^[\\w\\-]{1,40}$'}, tags: {type: 'array', items: text}, timezone: {enum: ['utc', 'browser', '']}, schemaVersion: {type: 'integer', minimum: 30},
	version: natural, editable: {type: 'boolean'}, refresh: {type: 'string', pattern: '^\\d+[smh]$'}, time: object({from: text, to: text}),
	templating: object({list: {type: 'array', items: variable}}),
	annotations: object({list: {type: 'array', items: object({name: text, datasource: source, enable: {type: 'boolean'}, iconColor: text, expr: text, titleFormat: text})}}),
	panels: {type: 'array', minItems: 1, items: panel},
});
