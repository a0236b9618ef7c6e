"use strict";
/* The form of an action: while the user types, the server renders the preview and the hints beside
   the fields, and this script inserts them. Nothing is saved. */
{
    const DELAY = 500; // milliseconds after the last input
    const $ = django.jQuery;
    const form = document.getElementById("action_form");
    const panel = document.getElementById("live");

    // Requests

    let timer, request, sentData;
    const formData = () => new URLSearchParams(new FormData(form)).toString();

    function scheduleUpdate() {
        clearTimeout(timer);
        timer = setTimeout(update, DELAY);
    }

    async function update() {
        if (sentData === formData()) return;
        sentData = formData();
        request?.abort();
        request = new AbortController();
        panel.classList.add("waiting");
        try {
            const response = await fetch(panel.dataset.address, {
                method: "POST", body: new FormData(form), signal: request.signal,
            });
            if (!response.ok || response.redirected) throw new Error(response.statusText);
            insertFragments(new DOMParser().parseFromString(await response.text(), "text/html"));
            setStatus("The form as it is now. Nothing is saved yet.");
        } catch (error) {
            if (error.name === "AbortError") return;
            sentData = null;
            setStatus("The preview is out of date because the server did not respond. You can still save.");
        }
        panel.classList.remove("waiting");
    }

    function setStatus(text) {
        const status = document.getElementById("live-status");
        if (status.textContent !== text) status.textContent = text;
    }

    function insertFragments(page) {
        document.querySelectorAll(".inline-related:not(.empty-form) > .badges")
            .forEach((place) => place.replaceChildren());
        for (const fragment of page.querySelectorAll("[data-into]")) {
            const place = document.querySelector(fragment.dataset.into);
            if (place && place.innerHTML !== fragment.innerHTML) {
                place.replaceChildren(...fragment.childNodes);
            }
        }
        form.querySelectorAll("[data-words]").forEach(fillDate);
        showButtons();
    }

    // Buttons in the fragments need this script. Without it they stay hidden

    function showButtons() {
        form.querySelectorAll("[data-use], [data-unknown], [data-cite]").forEach((button) => {
            button.hidden = false;
        });
        form.querySelectorAll(".picker").forEach(updateOptions);
    }

    function handleClick(event) {
        const { use, unknown, cite } = event.target.dataset;
        if (cite) citeFor(cite);
        if (use) setValue(document.getElementById("id_status"), use);
        if (unknown) stateUnknown(event.target.closest(".inline-related"), unknown);
        const link = event.target.closest(".badge a[href^='#']");
        if (link) {
            event.preventDefault(); // otherwise the browser moves the focus again
            openRow(link.hash);
        }
    }

    function setValue(field, value) {
        field.value = value;
        field.dispatchEvent(new Event("change", { bubbles: true }));
        field.focus();
    }

    function addRow(part) {
        const rows = document.querySelectorAll(`#${part}-group .inline-related`).length;
        document.querySelector(`#${part}-group .add-row a`).click();
        return document.querySelectorAll(`#${part}-group .inline-related`)[rows - 1];
    }

    function stateUnknown(row, key) {
        const box = row?.querySelector("input[name$=-DELETE]");
        if (box) box.checked = true;
        else row?.querySelector(".inline-deletelink").click();
        const reason = addRow("unknowns");
        reason.querySelector("input[name$=-field]").value = key;
        reason.querySelector("input[name$=-reason]").focus();
        scheduleUpdate();
    }

    // Dates: words fill in the other fields. If the user edits those, the words are removed

    const FILLED_FIELDS = ["earliest", "latest", "precision"];
    const field = (row, name) => row.querySelector(`[name$="-${name}"]`);

    function fillDate(reading) {
        const row = reading.closest(".inline-related");
        if (row.dataset.typed !== reading.dataset.words) return;
        for (const name of FILLED_FIELDS) field(row, name).value = reading.dataset[name];
        field(row, "resolution").value ||= reading.dataset.resolution;
        delete row.dataset.typed;
    }

    function trackDateInput(event) {
        const [, part, name] = /^(\w+)-\d+-(\w+)$/.exec(event.target.name) ?? [];
        if (part !== "dates") return;
        const row = event.target.closest(".inline-related");
        if (name === "when") row.dataset.typed = event.target.value;
        if (FILLED_FIELDS.includes(name)) {
            delete row.dataset.typed;
            field(row, "when").value = "";
        }
    }

    // Citations: choose the supported fields from a list instead of typing their keys

    const BASES = ["stated", "derived", "inferred"];

    function createElement(name, values, ...children) {
        const created = Object.assign(document.createElement(name), values);
        created.append(...children);
        return created;
    }

    function addPicker(textarea) {
        const key = createElement("select", { ariaLabel: "Field that the passage supports" });
        const basis = createElement("select", { ariaLabel: "Basis" },
            ...BASES.map((code) => createElement("option", { value: code, textContent: code })));
        const reason = createElement("input", {
            type: "text", hidden: true, ariaLabel: "Reason", placeholder: "Why it is inferred",
        });
        const button = createElement("button", { type: "button", textContent: "Add to supports" });
        basis.addEventListener("change", () => { reason.hidden = basis.value !== "inferred"; });
        button.addEventListener("click", () => {
            if (!key.value) return key.focus();
            if (!reason.hidden && !reason.value.trim()) return reason.focus();
            const line = `${key.value} ${basis.value}${reason.hidden ? "" : `: ${reason.value}`}`;
            textarea.value = [textarea.value.trimEnd(), line].filter(Boolean).join("\n");
            textarea.dispatchEvent(new Event("input", { bubbles: true }));
            reason.value = "";
            updateOptions(textarea.picker);
            key.focus();
        });
        textarea.picker = createElement("div", { className: "picker" }, key, basis, reason, button);
        textarea.picker.textarea = textarea;
        textarea.after(textarea.picker);
        updateOptions(textarea.picker);
    }

    function updateOptions(place) {
        const listed = place.textarea.value.split("\n").map((line) => line.trim().split(/\s/)[0]);
        const available = [...document.getElementById("live-keys").options]
            .filter((option) => !listed.includes(option.value));
        const key = place.querySelector("select"), selected = key.value;
        key.replaceChildren(
            createElement("option", { value: "", textContent: "Choose a field" }),
            ...available.map((option) => option.cloneNode(true)));
        key.value = available.some((option) => option.value === selected) ? selected : "";
    }

    /* Select a field in a citation: the last open one, else the last one, else a new one. */
    function citeFor(key) {
        const rows = [...document.querySelectorAll("#citations-group .inline-related:not(.empty-form)")];
        const row = rows.findLast((row) => row.querySelector("details").open)
            ?? rows.at(-1) ?? addRow("citations");
        row.querySelector("details").open = true;
        const [field, basis] = row.querySelectorAll(".picker select");
        field.value = key;
        basis.focus();
    }

    function addPickers(place) {
        place.querySelectorAll("textarea[name$=-supports]:not([name*=__prefix__])")
            .forEach((textarea) => textarea.picker || addPicker(textarea));
    }

    // Rows: a link to a row opens it, a new row gets the focus

    function openRow(hash) {
        const row = hash.length > 1 && document.getElementById(hash.slice(1));
        const details = row && row.querySelector(":scope > details");
        if (!details) return;
        details.open = true;
        details.querySelector("summary").focus();
    }

    // The library of the search boxes gives them no accessible names

    function nameSearchBoxes(place) {
        for (const select of place.querySelectorAll("select.admin-autocomplete")) {
            const label = form.querySelector(`label[for="${select.id}"]`)?.textContent.trim();
            select.nextElementSibling?.querySelectorAll("[role]").forEach((part) => {
                if (label) part.setAttribute("aria-label", label);
            });
        }
    }

    if (form && panel) {
        $(form).on("input change", (event) => { // search boxes only send jQuery events
            if (!event.target.name) return;
            trackDateInput(event);
            scheduleUpdate();
        });
        form.addEventListener("click", handleClick);
        document.addEventListener("formset:added", (event) => {
            addPickers(event.target);
            nameSearchBoxes(event.target);
            event.target.querySelector("details :is(input, select, textarea):not([type=hidden])")?.focus();
            scheduleUpdate();
        });
        document.addEventListener("formset:removed", scheduleUpdate);
        // Rows that are filled in but not saved need a preview now. Otherwise the page is up to date.
        if (form.querySelector(".inline-related:not(.has_original, .empty-form)")) scheduleUpdate();
        else sentData = formData();
        $(() => nameSearchBoxes(form));
        addPickers(form);
        showButtons();
        openRow(location.hash);
        if (matchMedia("(max-width: 1199px)").matches) panel.querySelector("details").open = false;
    }
}
