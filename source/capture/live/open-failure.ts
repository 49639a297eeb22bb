import {CaptureError} from '../source.js';

/** Whether libpcap's words mean that the right to capture is missing. */
export const isPermissionError = (error: unknown): boolean => /not permitted|permission|CAP_NET_RAW/i.test((error as Error).message);

/** What cannot be captured on, why, and what to do instead. `error` carries libpcap's words. */
export const openError = (name: string, error: unknown): CaptureError => {
	const words = (error as Error).message;
	if (isPermissionError(error)) {
		return new CaptureError(`Cannot capture on ${name}: permission denied. Run as root (sudo ipvstop), grant CAP_NET_RAW, or listen without privilege: ipvstop --join`, 4);
	}

	if (/not up/i.test(words)) {
		return new CaptureError(`Cannot capture on ${name}: it is down. Bring it up: ip link set ${name} up`, 4);
	}

	return new CaptureError(`Cannot capture on ${name}: ${words}.`, 4);
};
