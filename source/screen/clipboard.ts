import {Buffer} from 'node:buffer';

/** Puts a text into the clipboard of the terminal that is looked at, also over ssh (OSC 52); tmux passes it on where `set-clipboard` allows. */
export const clipboardSequence = (text: string): string => `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
