/* Text that a terminal would obey, and what must not be in what it is given. */

/** Sets a title, writes a clipboard, colours, clears, rings; links; C1 CSI; an override; no width; two widths; combining; ends a line. */
export const attack = '\u001B]0;pwned\u0007\u001B]52;c;cHduZWQ=\u0007\u001B]8;;https://evil.example/\u001B\\link\u001B]8;;\u001B\\\u001B[31m\u001B[2J\u009B31m\u202Eabc\u2066\u200B\u65E5e\u0301\nforged\tline\r';

/** What is obeyed, or hides or turns its neighbours; a line may end. */
export const obeyed = /[\u{0}-\u{8}\u{B}-\u{1F}\u{7F}-\u{9F}\u{61C}\u{200B}-\u{200F}\u{2028}-\u{202E}\u{2060}-\u{206F}\u{FEFF}]/v;
