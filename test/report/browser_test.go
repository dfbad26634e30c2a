// Package report_test looks at the page of `hubmend report` in a real browser.
package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var screenshots = flag.String("screenshots", "", "a folder to write pictures of the page to, for people")

// browser finds Chromium, under the names that it goes by.
func browser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a browser")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium or Chrome is on the PATH, so nobody looks at the page")
	return ""
}

// write returns the address of a page, and its size.
func write(t *testing.T, r interface{ WriteHTML(w io.Writer) error }) (address string, size int) {
	t.Helper()
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: file}).String(), page.Len()
}

const shown = `[...document.querySelectorAll("#list > li")].filter(one => one.checkVisibility())`

func TestPage(t *testing.T) {
	t.Parallel()
	b := openTab(t, browser(t))
	r := sample(300)
	address, _ := write(t, r)
	all := len(r.Repairs)

	t.Run("asks nobody, complains about nothing, and runs nothing of others", func(t *testing.T) {
		b.t = t
		b.open(address)
		for _, method := range []string{"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"} {
			if said := b.of(method); len(said) > 0 {
				t.Errorf("%s: %s", method, said)
			}
		}
		if asked := b.of("Network.requestWillBeSent"); len(asked) != 1 || !strings.Contains(asked[0], address) {
			t.Errorf("it asks for %s", asked)
		}
		if title := eval[string](b, `document.title`); title != "Hubmend remediation report, 31 May to 30 June 2026" {
			t.Errorf("its title is %q", title)
		}
		if n := eval[int](b,
			`document.querySelectorAll("img, link, iframe, script[src], [onerror], [style]").length`); n > 0 {
			t.Errorf("%d elements are not ours", n)
		}
		if text := eval[string](b, `document.getElementById("content").innerText`); !strings.Contains(text,
			`<script>document.title='owned'</script>`) || strings.ContainsAny(text, "\u202e\u200f") {
			t.Error("a hostile name is not shown as it is, or turns the text around")
		}
	})
	// The content security policy is effective: injected content neither runs nor loads.
	t.Run("its policy keeps others out", func(t *testing.T) {
		b.t = t
		b.open(address)
		eval[any](b, `(() => { const s = document.createElement("script"); s.textContent = "document.title = 'owned'"; document.body.append(s);
			const i = new Image(); i.src = "http://127.0.0.1:9/x.png"; document.body.append(i); })()`)
		if title := eval[string](b,
			`new Promise(done => setTimeout(() => done(document.title), 200))`); strings.Contains(title, "owned") {
			t.Error("a foreign script ran")
		}
		if refused := b.of("Log.entryAdded"); len(refused) < 2 ||
			!strings.Contains(fmt.Sprint(refused), "Content Security Policy") {
			t.Errorf("nothing was refused: %s", refused)
		}
	})
	t.Run("filters by the address", func(t *testing.T) {
		b.t = t
		b.open(address + "#outcome=failed&q=may+not")
		some := eval[int](b, shown+`.length`)
		if some == 0 || some >= all/2 {
			t.Errorf("%d of %d are shown", some, all)
		}
		if others := eval[int](b, shown+`.filter(one => one.dataset.outcome !== "failed").length`); others > 0 {
			t.Errorf("%d are not failed", others)
		}
		if says := eval[string](b,
			`document.getElementById("matches").innerText`); says != fmt.Sprintf("%d of %d shown.", some, all) {
			t.Errorf("it says %q", says)
		}
		if y := eval[float64](b, `document.getElementById("repairs").getBoundingClientRect().top`); y < -20 || y > 200 {
			t.Errorf("the list is at %f", y)
		}
	})
	t.Run("filters by hand", func(t *testing.T) {
		b.t = t
		b.open(address)
		type found struct {
			Shown           int
			Hash, Says, All string
		}
		got := eval[found](b, `(async () => {
			const wait = () => new Promise(done => setTimeout(done, 400)), says = () => document.getElementById("matches").innerText;
			document.getElementById("q").focus();
			document.execCommand("insertText", false, "ONERROR gpj");
			await wait();
			const out = {Shown: `+shown+`.length, Hash: location.hash, Says: says()};
			document.querySelector("form button").click();
			await wait();
			out.All = says();
			return out;
		})()`)
		if got.Shown == 0 || got.Hash != "#q=ONERROR+gpj" ||
			!strings.HasPrefix(got.Says, fmt.Sprintf("%d of ", got.Shown)) ||
			got.All != fmt.Sprintf("%d of %d match; showing the first 200.", all, all) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("shows more, and goes on where it ended", func(t *testing.T) {
		b.t = t
		b.open(address)
		before := eval[int](b, shown+`.length`)
		focused := eval[int](b,
			`(() => { document.getElementById("more").click(); return [...document.querySelectorAll("#list summary")].indexOf(document.activeElement); })()`)
		if after := eval[int](b, shown+`.length`); before != 200 || focused != before || after != all ||
			eval[bool](b, `document.getElementById("more").checkVisibility()`) {
			t.Errorf("first %d, then %d are shown, and number %d has the focus", before, after, focused)
		}
	})
	t.Run("prints all that match, and says how many", func(t *testing.T) {
		b.t = t
		b.open(address)
		b.call(nil, "Emulation.setEmulatedMedia", object{"media": "print"})
		defer b.call(nil, "Emulation.setEmulatedMedia", object{"media": ""})
		eval[any](b, `window.dispatchEvent(new Event("beforeprint"))`)
		if n, says := eval[int](b, shown+`.length`), eval[string](b,
			`document.getElementById("matches").innerText`); n != all ||
			says != fmt.Sprintf("%d of %[1]d shown.", all) {
			t.Errorf("%d of %d are printed, and it says %q", n, all, says)
		}
	})
	t.Run("a control leads to its repairs", func(t *testing.T) {
		b.t = t
		b.open(address)
		control := eval[string](b,
			`(() => { const a = document.querySelector("a[data-name=control]"); a.click(); return a.dataset.value; })()`)
		if others := eval[int](b,
			shown+`.filter(one => one.dataset.control !== `+fmt.Sprintf("%q", control)+`).length`); others > 0 ||
			eval[int](b, shown+`.length`) == 0 {
			t.Errorf("%d of other controls than %s are shown", others, control)
		}
	})
	t.Run("is read without a script", func(t *testing.T) {
		b.t = t
		b.call(nil, "Emulation.setScriptExecutionDisabled", object{"value": true})
		defer b.call(nil, "Emulation.setScriptExecutionDisabled", object{"value": false})
		b.open(address)
		if n, form := eval[int](b, shown+`.length`), eval[bool](b,
			`document.getElementById("filter").checkVisibility()`); n != all || form {
			t.Errorf("%d are shown, the form: %v", n, form)
		}
	})
}

func TestPageFits(t *testing.T) {
	t.Parallel()
	b := openTab(t, browser(t))
	address, _ := write(t, sample(300))
	for _, width := range []int{320, 390, 768, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(fmt.Sprint(width, " ", scheme), func(t *testing.T) {
				b.t = t
				b.view(width, 900, scheme)
				b.open(address)
				eval[any](b, `document.querySelectorAll("details").forEach((one, i) => { one.open = i < 20 || one.className === "table"; })`)
				if got := eval[int](b, `document.documentElement.scrollWidth`); got > width {
					t.Errorf("it is %d wide", got)
				}
				if got := eval[[]string](b, faint); len(got) > 0 {
					t.Errorf("hard to read: %s", got)
				}
				if *screenshots != "" {
					for _, part := range strings.Split(",attention,time,controls,places,repairs,frameworks,about",
						",") {
						eval[any](b, fmt.Sprintf(
							`scrollTo(0, %q ? document.getElementById(%q).getBoundingClientRect().top + scrollY : 0)`,
							part, part))
						b.picture(filepath.Join(*screenshots, fmt.Sprint(width, "-", scheme, part, ".png")))
					}
				}
			})
		}
	}
}

// faint lists texts that have less contrast to their background than WCAG's level AA wants.
const faint = `(() => {
	const rgb = text => text.match(/[\d.]+/g).map(Number);
	const light = text => { const [r, g, b] = rgb(text).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) { return c; } } };
	const bad = new Set();
	for (const e of document.querySelectorAll("body *")) {
		if (!e.checkVisibility() || ![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) { continue; }
		const style = getComputedStyle(e), [a, b] = [light(style.color), light(behind(e))];
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) { bad.add(e.tagName + "." + e.className + " " + style.color + " on " + behind(e) + ": " + ratio.toFixed(2)); }
	}
	return [...bad];
})()`

// accessible are the requirements of screen readers.
var accessible = map[string]string{
	"one h1":                          `document.querySelectorAll("h1").length === 1`,
	"a language and landmarks":        `document.documentElement.lang === "en" && ["header", "nav", "main", "footer", "form[role=search]"].every(s => document.querySelector(s))`,
	"headings go down one at a time":  `[...document.querySelectorAll("h1, h2, h3")].every((h, i, all) => i === 0 || h.tagName[1] - all[i - 1].tagName[1] <= 1)`,
	"tables have captions":            `[...document.querySelectorAll("table")].every(t => t.caption && t.caption.innerText.trim() !== "" || !t.checkVisibility())`,
	"headers have a scope":            `document.querySelectorAll("th:not([scope])").length === 0`,
	"rows are as wide as their heads": `[...document.querySelectorAll("table")].every(t => new Set([...t.rows].map(r => r.cells.length)).size === 1)`,
	"fields have labels":              `[...document.querySelectorAll("input, select")].every(f => f.labels.length === 1)`,
	"drawings have a name or none":    `[...document.querySelectorAll("svg")].every(s => s.getAttribute("aria-hidden") || (s.getAttribute("role") === "img" && document.getElementById(s.getAttribute("aria-labelledby")) && document.getElementById(s.getAttribute("aria-describedby"))))`,
	"ids are there once":              `(ids => new Set(ids).size === ids.length)([...document.querySelectorAll("[id]")].map(e => e.id))`,
	"links lead somewhere":            `[...document.querySelectorAll("a[href^='#']")].every(a => document.getElementById(a.hash.slice(1)))`,
	"matches are announced":           `document.querySelector("#matches[role=status][aria-live=polite]").innerText !== ""`,
	"what scrolls can be focused":     `[...document.querySelectorAll(".box, pre")].every(e => e.tabIndex === 0)`,
	"sections have names":             `[...document.querySelectorAll("section")].every(s => document.getElementById(s.getAttribute("aria-labelledby")))`,
}

func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	b := openTab(t, browser(t))
	address, _ := write(t, sample(300))
	b.open(address)
	for what, expression := range accessible {
		if !eval[bool](b, expression) {
			t.Errorf("not so: %s", what)
		}
	}
}

// The aim: a page of a large organization opens and filters in a moment.
func TestManyAttempts(t *testing.T) {
	t.Parallel()
	b := openTab(t, browser(t))
	address, size := write(t, sample(10_000))
	b.open(address)
	opened := b.work()
	eval[any](b, `(async () => {
		const q = document.getElementById("q");
		q.value = "r-0001"; // a hundred of them
		q.dispatchEvent(new Event("input", {bubbles: true}));
		await new Promise(done => { const wait = () => location.hash ? done() : setTimeout(wait, 5); wait(); });
		document.body.getBoundingClientRect();
	})()`)
	filtered := b.work() - opened
	some := eval[int](b, shown+`.length`)
	t.Logf("%.1f MB, opened with %v of work, filtered with %v, %d left", float64(size)/1e6,
		opened.Round(time.Millisecond), filtered.Round(time.Millisecond), some)
	if some == 0 || some > 100 {
		t.Errorf("%d are left", some)
	}
	if size > 20e6 || opened > 10*time.Second || filtered > 2*time.Second {
		t.Error("that is too much")
	}
}
