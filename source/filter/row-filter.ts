import {type Connection} from '../table/connection.js';
import {formatAddress, formatEndpoint} from '../wire/address.js';

/** The filter that shows a session among its likes: same client, same virtual service. */
export const filterOfRow = ({caddr, vaddr, vport, family, template}: Connection): string =>
	`client=${formatAddress(caddr, 0, family)} vip=${vport === 0 ? formatAddress(vaddr, 0, family) : formatEndpoint(vaddr, 0, family, vport)}${template ? ' template' : ''}`;
