/* The selection on the reading page, by mouse or keyboard, in code points of the source's text. */
"use strict";

const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

document.addEventListener("DOMContentLoaded", () => {
    const text = document.getElementById("text");
    const panel = document.getElementById("passage");
    if (!text || !panel) return;
    const start = document.getElementById("start");
    const end = document.getElementById("end");
    const chosen = document.getElementById("chosen");
    const hints = document.getElementById("hints");

    /* Offsets. Each segment contains one text node. The page counts UTF-16 units, the dataset
       counts code points. */

    const countCodePoints = (words) => Array.from(words).length;
    const textNode = (element) => document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
    const textSegments = Array.from(text.querySelectorAll("[data-at]"), (element) => ({
        element, node: textNode(element), at: Number(element.dataset.at),
    })).filter((segment) => segment.node);

    function selectedParts(range) {
        const covered = textSegments.filter(({ node }) => range.intersectsNode(node));
        const parts = covered.map((segment) => {
            const from = range.startContainer === segment.node ? range.startOffset : 0;
            const to = range.endContainer === segment.node ? range.endOffset : segment.node.length;
            return { ...segment, from, to, words: segment.node.data.slice(from, to) };
        });
        return parts.filter((part) => part.words);
    }

    function passageOf(range) {
        const parts = selectedParts(range);
        while (parts.length && !parts[0].words.trim()) parts.shift();
        while (parts.length && !parts.at(-1).words.trim()) parts.pop();
        if (!parts.length) return null;
        const [first, last] = [parts[0], parts.at(-1)];
        const leading = first.words.length - first.words.trimStart().length;
        const trailingEnd = last.words.trimEnd().length;
        return {
            start: first.at + countCodePoints(first.node.data.slice(0, first.from + leading)),
            end: last.at + countCodePoints(last.node.data.slice(0, last.from + trailingEnd)),
            words: parts.map((part) => part.words).join("").trim(),
            notes: parts.map((part) => part.element.title).join("\n"),
        };
    }

    function showPassage(passage) {
        start.value = passage.start;
        end.value = passage.end;
        const length = passage.end - passage.start;
        const words = passage.words.length > 300 ? `${passage.words.slice(0, 300)} …` : passage.words;
        chosen.textContent = `${length} character${length === 1 ? "" : "s"}: ${words.replace(BIDI_CONTROLS, "\ufffd")}`;
        const notes = new Set(passage.notes.split("\n").filter(Boolean));
        hints.replaceChildren(...Array.from(notes, (note) => {
            const item = document.createElement("li");
            item.textContent = note;
            return item;
        }));
    }

    function updatePassage() {
        const selection = getSelection();
        if (!selection.rangeCount || selection.isCollapsed) return;
        const range = selection.getRangeAt(0);
        if (!range.intersectsNode(text)) return;
        const passage = passageOf(range);
        if (passage) showPassage(passage);
    }

    document.addEventListener("selectionchange", updatePassage);

    /* The keyboard selects whole words, from the word where it started to the current one. */

    const segmenter = createSegmenter(text.lang || undefined) ?? createSegmenter();
    const words = [];
    const paragraphs = [];
    for (const paragraph of text.querySelectorAll(".words")) {
        const own = textSegments.filter(({ element }) => element.parentNode === paragraph);
        if (own.length) paragraphs.push(words.length);
        collect(own);
    }

    function createSegmenter(language) {
        try {
            return new Intl.Segmenter(language, { granularity: "word" });
        } catch {
            return null; // an unknown language tag, or a browser without Intl.Segmenter
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
        return at + countCodePoints(node.data.slice(0, offset));
    }

    let startWord = -1;
    let currentWord = -1;

    function select() {
        const forward = currentWord >= startWord;
        const [first, last] = forward ? [words[startWord], words[currentWord]] : [words[currentWord], words[startWord]];
        const [from, to] = forward ? [first.from, last.to] : [last.to, first.from];
        getSelection().setBaseAndExtent(from.node, from.offset, to.node, to.offset);
        updatePassage(); // the browser's own event may come only after the next key
        words[currentWord].from.node.parentElement.scrollIntoView({ block: "nearest" });
    }

    function go(to, extend) {
        currentWord = Math.max(0, Math.min(words.length - 1, to));
        if (!extend) startWord = currentWord;
        if (startWord < 0) startWord = 0;
        select();
    }

    function paragraphAt(word) {
        let index = 0;
        while (index + 1 < paragraphs.length && paragraphs[index + 1] <= word) index += 1;
        return index;
    }

    function lastOf(paragraph) {
        return (paragraphs[paragraph + 1] ?? words.length) - 1;
    }

    function vertical(step, extend) {
        if (currentWord < 0) return go(0, false);
        const here = paragraphAt(currentWord);
        if (!extend) return go(paragraphs[here + step] ?? (step < 0 ? 0 : words.length - 1), false);
        if (step > 0) return go(lastOf(currentWord === lastOf(here) ? Math.min(here + 1, paragraphs.length - 1) : here), true);
        return go(paragraphs[currentWord === paragraphs[here] ? Math.max(here - 1, 0) : here], true);
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
        startWord = inside[0][1];
        currentWord = inside.at(-1)[1];
        select();
    }

    function clear() {
        getSelection().removeAllRanges();
        startWord = currentWord = current = -1;
        start.value = end.value = "";
        chosen.textContent = "";
        hints.replaceChildren();
    }

    const keys = {
        ArrowRight: (event) => go(currentWord + 1, event.shiftKey),
        ArrowLeft: (event) => go(currentWord - 1, event.shiftKey),
        ArrowDown: (event) => vertical(1, event.shiftKey),
        ArrowUp: (event) => vertical(-1, event.shiftKey),
        Home: (event) => go(paragraphs[paragraphAt(Math.max(0, currentWord))], event.shiftKey),
        End: (event) => go(lastOf(paragraphAt(Math.max(0, currentWord))), event.shiftKey),
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
