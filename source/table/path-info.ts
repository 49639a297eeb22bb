import {type AddressWords, type Family} from '../wire/packet.js';
import {pathAt, pathWords, serviceAt, serviceWords, type TableArrays} from './memory.js';

/** A virtual service as objects. Shared and immutable: do not write to the address. */
export type ServiceInfo = {
	readonly id: number;
	readonly segment: number;
	readonly family: Family;
	/** 0 for the templates of an fwmark service, whose mark is the first word of `vaddr`. */
	readonly protocol: number;
	readonly vaddr: AddressWords;
	readonly vport: number;
};

/** A path as objects: the virtual service and where its sessions go. Shared and immutable. */
export type PathInfo = {
	readonly id: number;
	readonly service: ServiceInfo;
	readonly daddr: AddressWords;
	readonly dport: number;
	/** Forwarding method, 0 to 7. */
	readonly forward: number;
	readonly fwmark: number;
	readonly syncid: number;
	/** Of the message. */
	readonly version: number;
};

export type PathReader = {
	/** The path with this id, undefined when there is none. The same object for as long as the id means the same path. */
	path(id: number): PathInfo | undefined;
	service(id: number): ServiceInfo | undefined;
};

export const createPathReader = ({paths, services}: Pick<TableArrays, 'paths' | 'services'>): PathReader => {
	const knownPaths = new Map<number, {readonly generation: number; readonly info: PathInfo}>();
	const knownServices = new Map<number, {readonly generation: number; readonly info: ServiceInfo}>();

	const service = (id: number): ServiceInfo | undefined => {
		const at = id * serviceWords;
		const family = services[at + serviceAt.family];
		if (id === 0 || !family) {
			return undefined;
		}

		const generation = services[at + serviceAt.generation]!;
		const known = knownServices.get(id);
		if (known?.generation === generation) {
			return known.info;
		}

		const info: ServiceInfo = {
			id,
			segment: services[at + serviceAt.segment]!,
			family: family === 6 ? 6 : 4,
			protocol: services[at + serviceAt.protocol]!,
			vaddr: Int32Array.from(services.subarray(at + serviceAt.vaddr, at + serviceAt.vaddr + 4)),
			vport: services[at + serviceAt.vport]!,
		};
		knownServices.set(id, {generation, info});
		return info;
	};

	return {
		service,
		path(id) {
			const at = id * pathWords;
			const serviceId = paths[at + pathAt.service];
			if (id === 0 || !serviceId) {
				return undefined;
			}

			const generation = paths[at + pathAt.generation]!;
			const known = knownPaths.get(id);
			if (known?.generation === generation) {
				return known.info;
			}

			const serviceInfo = service(serviceId);
			if (!serviceInfo) {
				return undefined;
			}

			const info: PathInfo = {
				id,
				service: serviceInfo,
				daddr: Int32Array.from(paths.subarray(at + pathAt.daddr, at + pathAt.daddr + 4)),
				dport: paths[at + pathAt.dport]!,
				forward: paths[at + pathAt.forward]!,
				fwmark: paths[at + pathAt.fwmark]! >>> 0,
				syncid: paths[at + pathAt.origin]! & 0xff,
				version: paths[at + pathAt.origin]! >>> 8,
			};
			knownPaths.set(id, {generation, info});
			return info;
		},
	};
};
