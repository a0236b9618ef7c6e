/* A selection at the reading desk: by mouse or by keyboard, told in code points of the text. */
"use strict";

const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

document.addEventListener("DOMContentLoaded", () => {
    const text = document.getElementById("text");
    const panel = document.getElementById("passage");
    if (!text || !panel) return;
    const start = document.getElementById("start");
    const end = document.getElementById("end");
    const chosen = document.getElementById("chosen");
    const hints = document.getElementById("hints");

    /* Where words stand in the text. Every piece holds one text node; offsets in the page count
       UTF-16 units, the dataset counts code points. */

    const points = (words) => Array.from(words).length;
    const nodeOf = (piece) => document.createTreeWalker(piece, NodeFilter.SHOW_TEXT).nextNode();
    const pieces = Array.from(text.querySelectorAll("[data-at]"), (element) => ({
        element, node: nodeOf(element), at: Number(element.dataset.at),
    })).filter((piece) => piece.node);

    function within(range) {
        const covered = pieces.filter(({ node }) => range.intersectsNode(node));
        const parts = covered.map((piece) => {
            const from = range.startContainer === piece.node ? range.startOffset : 0;
            const to = range.endContainer === piece.node ? range.endOffset : piece.node.length;
            return { ...piece, from, to, words: piece.node.data.slice(from, to) };
        });
        return parts.filter((part) => part.words);
    }

    function passage(range) {
        const parts = within(range);
        while (parts.length && !parts[0].words.trim()) parts.shift();
        while (parts.length && !parts.at(-1).words.trim()) parts.pop();
        if (!parts.length) return null;
        const [first, last] = [parts[0], parts.at(-1)];
        const lead = first.words.length - first.words.trimStart().length;
        const tail = last.words.trimEnd().length;
        return {
            start: first.at + points(first.node.data.slice(0, first.from + lead)),
            end: last.at + points(last.node.data.slice(0, last.from + tail)),
            words: parts.map((part) => part.words).join("").trim(),
            notes: parts.map((part) => part.element.title).join("\n"),
        };
    }

    function show(found) {
        start.value = found.start;
        end.value = found.end;
        const length = found.end - found.start;
        const words = found.words.length > 300 ? `${found.words.slice(0, 300)} …` : found.words;
        chosen.textContent = `${length} character${length === 1 ? "" : "s"}: ${words.replace(TURNING, "\ufffd")}`;
        const notes = new Set(found.notes.split("\n").filter(Boolean));
        hints.replaceChildren(...Array.from(notes, (note) => {
            const item = document.createElement("li");
            item.textContent = note;
            return item;
        }));
    }

    function told() {
        const selection = getSelection();
        if (!selection.rangeCount || selection.isCollapsed) return;
        const range = selection.getRangeAt(0);
        if (!range.intersectsNode(text)) return;
        const found = passage(range);
        if (found) show(found);
    }

    document.addEventListener("selectionchange", told);

    /* The keyboard: a run of words, from the one it began with to the one it reached. */

    const segmenter = parted(text.lang || undefined) ?? parted();
    const words = [];
    const paragraphs = [];
    for (const paragraph of text.querySelectorAll(".words")) {
        const own = pieces.filter(({ element }) => element.parentNode === paragraph);
        if (own.length) paragraphs.push(words.length);
        collect(own);
    }

    function parted(language) {
        try {
            return new Intl.Segmenter(language, { granularity: "word" });
        } catch {
            return null; // no such language tag, or a browser that cannot part words
        }
    }

    function collect(own) {
        const whole = own.map(({ node }) => node.data).join("");
        for (const { segment, index, isWordLike } of segments(whole)) {
            if (!isWordLike) continue;
            const from = place(own, index);
            words.push({ from, to: place(own, index + segment.length, true), at: offsetOf(from) });
        }
    }

    function segments(whole) {
        if (segmenter) return segmenter.segment(whole);
        return Array.from(whole.matchAll(/\S+/gu), (match) => (
            { segment: match[0], index: match.index, isWordLike: true }
        ));
    }

    function place(own, index, ends = false) {
        let before = 0;
        for (const { node, at } of own) {
            const local = index - before;
            if (local < node.length || (ends && local === node.length)) return { node, at, offset: local };
            before += node.length;
        }
        const { node, at } = own.at(-1);
        return { node, at, offset: node.length };
    }

    function offsetOf({ node, at, offset }) {
        return at + points(node.data.slice(0, offset));
    }

    let begun = -1;
    let reached = -1;

    function select() {
        const forward = reached >= begun;
        const [first, last] = forward ? [words[begun], words[reached]] : [words[reached], words[begun]];
        const [from, to] = forward ? [first.from, last.to] : [last.to, first.from];
        getSelection().setBaseAndExtent(from.node, from.offset, to.node, to.offset);
        told(); // the browser's own event comes later, perhaps after the next key
        words[reached].from.node.parentElement.scrollIntoView({ block: "nearest" });
    }

    function go(to, extend) {
        reached = Math.max(0, Math.min(words.length - 1, to));
        if (!extend) begun = reached;
        if (begun < 0) begun = 0;
        select();
    }

    function paragraphAt(word) {
        let found = 0;
        while (found + 1 < paragraphs.length && paragraphs[found + 1] <= word) found += 1;
        return found;
    }

    function lastOf(paragraph) {
        return (paragraphs[paragraph + 1] ?? words.length) - 1;
    }

    function vertical(step, extend) {
        if (reached < 0) return go(0, false);
        const here = paragraphAt(reached);
        if (!extend) return go(paragraphs[here + step] ?? (step < 0 ? 0 : words.length - 1), false);
        if (step > 0) return go(lastOf(reached === lastOf(here) ? Math.min(here + 1, paragraphs.length - 1) : here), true);
        return go(paragraphs[reached === paragraphs[here] ? Math.max(here - 1, 0) : here], true);
    }

    const suggestions = [...new Map(Array.from(text.querySelectorAll(".suggestion"), ({ dataset }) => [
        `${dataset.from}-${dataset.to}`, [Number(dataset.from), Number(dataset.to)],
    ])).values()].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
    let current = -1;

    function suggestion(step) {
        const here = Number(start.value || -1);
        const following = suggestions.findIndex(([from]) => from > here);
        const known = suggestions[current]?.[0] === here;
        const ahead = following < 0 ? suggestions.length : following;
        const to = known ? current + step : step > 0 ? ahead : ahead - 1;
        if (!suggestions[to]) return;
        current = to;
        const [from, until] = suggestions[to];
        const inside = words.map(({ at }, number) => [at, number]).filter(([at]) => from <= at && at < until);
        if (!inside.length) return;
        begun = inside[0][1];
        reached = inside.at(-1)[1];
        select();
    }

    function clear() {
        getSelection().removeAllRanges();
        begun = reached = current = -1;
        start.value = end.value = "";
        chosen.textContent = "";
        hints.replaceChildren();
    }

    const keys = {
        ArrowRight: (event) => go(reached + 1, event.shiftKey),
        ArrowLeft: (event) => go(reached - 1, event.shiftKey),
        ArrowDown: (event) => vertical(1, event.shiftKey),
        ArrowUp: (event) => vertical(-1, event.shiftKey),
        Home: (event) => go(paragraphs[paragraphAt(Math.max(0, reached))], event.shiftKey),
        End: (event) => go(lastOf(paragraphAt(Math.max(0, reached))), event.shiftKey),
        n: () => suggestion(1),
        p: () => suggestion(-1),
        Enter: () => panel.querySelector("button")?.focus(),
        Escape: clear,
    };

    text.addEventListener("keydown", (event) => {
        const act = keys[event.key];
        const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
        if (!act || !plain || !words.length || event.target.closest("a")) return;
        event.preventDefault();
        act(event);
    });

    panel.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        text.focus();
    });
});
