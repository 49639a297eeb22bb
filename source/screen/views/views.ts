import {type View} from '../frame.js';
import {clientsView} from './clients/view.js';
import {eventsView} from './events/view.js';
import {failoverView} from './failover/view.js';
import {realsView} from './reals/view.js';
import {sessionsView} from './sessions/view.js';
import {vipsView} from './vips/view.js';

/** All views; the key of each is its place here, from 1. */
export const views: readonly View[] = [sessionsView, vipsView, realsView, failoverView, clientsView, eventsView];

export const viewOf = (name: string): View => views.find(view => view.name === name) ?? views[0]!;
