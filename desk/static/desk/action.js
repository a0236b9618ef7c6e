"use strict";
/* The action's form, live: while somebody types, the server is asked what the form would be in
   public, and its words are put where they belong. The server judges; nothing is saved. */
{
    const WAIT = 500; // milliseconds without a key
    const $ = django.jQuery;
    const form = document.getElementById("action_form");
    const panel = document.getElementById("live");

    // Asking

    let timer, asking, asked;
    const held = () => new URLSearchParams(new FormData(form)).toString();

    function soon() {
        clearTimeout(timer);
        timer = setTimeout(ask, WAIT);
    }

    async function ask() {
        if (asked === held()) return;
        asked = held();
        asking?.abort();
        asking = new AbortController();
        panel.classList.add("waiting");
        try {
            const answer = await fetch(panel.dataset.address, {
                method: "POST", body: new FormData(form), signal: asking.signal,
            });
            if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
            put(new DOMParser().parseFromString(await answer.text(), "text/html"));
            say("What the form holds; nothing of it is saved.");
        } catch (error) {
            if (error.name === "AbortError") return;
            asked = null;
            say("The preview is not up to date: the server did not answer. Saving still works.");
        }
        panel.classList.remove("waiting");
    }

    function say(words) {
        const status = document.getElementById("live-status");
        if (status.textContent !== words) status.textContent = words;
    }

    function put(answer) {
        document.querySelectorAll(".inline-related:not(.empty-form) > .badges")
            .forEach((place) => place.replaceChildren());
        for (const words of answer.querySelectorAll("[data-into]")) {
            const place = document.querySelector(words.dataset.into);
            if (place && place.innerHTML !== words.innerHTML) {
                place.replaceChildren(...words.childNodes);
            }
        }
        form.querySelectorAll("[data-words]").forEach(fill);
        arm();
    }

    // Buttons that the server's words bring along need this script: without it they stay hidden

    function arm() {
        form.querySelectorAll("[data-use], [data-unknown], [data-cite]").forEach((button) => {
            button.hidden = false;
        });
        form.querySelectorAll(".picker").forEach(offer);
    }

    function press(event) {
        const { use, unknown, cite } = event.target.dataset;
        if (cite) citeFor(cite);
        if (use) set(document.getElementById("id_status"), use);
        if (unknown) sayUnknown(event.target.closest(".inline-related"), unknown);
        const link = event.target.closest(".badge a[href^='#']");
        if (link) {
            event.preventDefault(); // else the browser takes the focus away again
            open(link.hash);
        }
    }

    function set(field, value) {
        field.value = value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
        field.focus();
    }

    function add(part) {
        const rows = document.querySelectorAll(`#${part}-group .inline-related`).length;
        document.querySelector(`#${part}-group .add-row a`).click();
        return document.querySelectorAll(`#${part}-group .inline-related`)[rows - 1];
    }

    function sayUnknown(row, key) {
        const box = row?.querySelector("input[name$=-DELETE]");
        if (box) box.checked = true;
        else row?.querySelector(".inline-deletelink").click();
        const reason = add("unknowns");
        reason.querySelector("input[name$=-field]").value = key;
        reason.querySelector("input[name$=-reason]").focus();
        soon();
    }

    // Dates: words fill in the other fields; whoever edits those means what they write there

    const FILLED = ["earliest", "latest", "precision"];
    const field = (row, name) => row.querySelector(`[name$="-${name}"]`);

    function fill(reading) {
        const row = reading.closest(".inline-related");
        if (row.dataset.typed !== reading.dataset.words) return;
        for (const name of FILLED) field(row, name).value = reading.dataset[name];
        field(row, "resolution").value ||= reading.dataset.resolution;
        delete row.dataset.typed;
    }

    function follow(event) {
        const [, part, name] = /^(\w+)-\d+-(\w+)$/.exec(event.target.name) ?? [];
        if (part !== "dates") return;
        const row = event.target.closest(".inline-related");
        if (name === "when") row.dataset.typed = event.target.value;
        if (FILLED.includes(name)) {
            delete row.dataset.typed;
            field(row, "when").value = "";
        }
    }

    // Citations: fields to support, to choose from instead of typing their keys

    const BASES = ["stated", "derived", "inferred"];

    function element(name, values, ...children) {
        const made = Object.assign(document.createElement(name), values);
        made.append(...children);
        return made;
    }

    function picker(textarea) {
        const key = element("select", { ariaLabel: "Field that the passage backs" });
        const basis = element("select", { ariaLabel: "Basis" },
            ...BASES.map((code) => element("option", { value: code, textContent: code })));
        const reason = element("input", {
            type: "text", hidden: true, ariaLabel: "Reason", placeholder: "Why it is inferred",
        });
        const button = element("button", { type: "button", textContent: "Add to supports" });
        basis.addEventListener("change", () => { reason.hidden = basis.value !== "inferred"; });
        button.addEventListener("click", () => {
            if (!key.value) return key.focus();
            if (!reason.hidden && !reason.value.trim()) return reason.focus();
            const line = `${key.value} ${basis.value}${reason.hidden ? "" : `: ${reason.value}`}`;
            textarea.value = [textarea.value.trimEnd(), line].filter(Boolean).join("\n");
            textarea.dispatchEvent(new Event("input", { bubbles: true }));
            reason.value = "";
            offer(textarea.picker);
            key.focus();
        });
        textarea.picker = element("div", { className: "picker" }, key, basis, reason, button);
        textarea.picker.textarea = textarea;
        textarea.after(textarea.picker);
        offer(textarea.picker);
    }

    function offer(place) {
        const taken = place.textarea.value.split("\n").map((line) => line.trim().split(/\s/)[0]);
        const free = [...document.getElementById("live-keys").options]
            .filter((option) => !taken.includes(option.value));
        const key = place.querySelector("select"), chosen = key.value;
        key.replaceChildren(
            element("option", { value: "", textContent: "Choose a field" }),
            ...free.map((option) => option.cloneNode(true)));
        key.value = free.some((option) => option.value === chosen) ? chosen : "";
    }

    /* In the citation that is open, the last one or a new one: choose the field, ask for the basis. */
    function citeFor(key) {
        const rows = [...document.querySelectorAll("#citations-group .inline-related:not(.empty-form)")];
        const row = rows.findLast((one) => one.querySelector("details").open)
            ?? rows.at(-1) ?? add("citations");
        row.querySelector("details").open = true;
        const [field, basis] = row.querySelectorAll(".picker select");
        field.value = key;
        basis.focus();
    }

    function equip(place) {
        place.querySelectorAll("textarea[name$=-supports]:not([name*=__prefix__])")
            .forEach((textarea) => textarea.picker || picker(textarea));
    }

    // Rows: a link to one opens it, a new one takes the focus

    function open(hash) {
        const row = hash.length > 1 && document.getElementById(hash.slice(1));
        const details = row && row.querySelector(":scope > details");
        if (!details) return;
        details.open = true;
        details.querySelector("summary").focus();
    }

    // The search boxes' library leaves them without names

    function name(place) {
        for (const select of place.querySelectorAll("select.admin-autocomplete")) {
            const label = form.querySelector(`label[for="${select.id}"]`)?.textContent.trim();
            select.nextElementSibling?.querySelectorAll("[role]").forEach((part) => {
                if (label) part.setAttribute("aria-label", label);
            });
        }
    }

    if (form && panel) {
        $(form).on("input change", (event) => { // the search boxes speak only jQuery
            if (!event.target.name) return;
            follow(event);
            soon();
        });
        form.addEventListener("click", press);
        document.addEventListener("formset:added", (event) => {
            equip(event.target);
            name(event.target);
            event.target.querySelector("details :is(input, select, textarea):not([type=hidden])")?.focus();
            soon();
        });
        document.addEventListener("formset:removed", soon);
        // Rows that somebody else filled in are judged at once, all others as the page came.
        if (form.querySelector(".inline-related:not(.has_original, .empty-form)")) soon();
        else asked = held();
        $(() => name(form));
        equip(form);
        arm();
        open(location.hash);
        if (matchMedia("(max-width: 1199px)").matches) panel.querySelector("details").open = false;
    }
}
