// Package review writes 会审.html: one page for the meeting room, which opens by double click and needs no network.
//
// It shows what a run found; the one thing that it works out itself is totals under other weights, by the formula that
// package score documents. What applicants and experts wrote is data, never markup: it stands in one block of JSON,
// which the page's script puts into the document as text. The page's policy forbids every request, and every script
// and style but the two that are in it, which are known by their hashes.
package review

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"lianheti/stages/table"
)

// FileName of the page.
const FileName = "会审.html"

// What the page is made of. It is written by hand, in the language that browsers read.
var (
	//go:embed page.html
	shell string
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// Limits of the page: a projector's reader looks at so many, and so much is opened at once by any office computer.
const (
	mostPlaces = 60
	mostBytes  = 3 << 20
)

// Input is what the page tells of.
type Input struct {
	table.Publication
	Opinions   *Opinions // of an earlier meeting; nil: none
	AllowTrial bool      // weights may be tried even before all marks are in, and in a copy for a meeting
}

// Write writes the page. Of many submissions it shows those around the line, as many as the limits allow, and says so.
func Write(out io.Writer, in Input) error {
	for most := min(mostPlaces, in.Ranking.Ranking.Len()); ; most = most * 3 / 4 {
		data, err := json.Marshal(newPage(in, most))
		if err != nil {
			return err
		}
		page := render(in.title(), data)
		if len(page) <= mostBytes {
			_, err := out.Write(page)
			return err
		}
		if most <= 2 {
			return fmt.Errorf("两家的内容就超过%d MB，写不成一页", mostBytes>>20)
		}
	}
}

// title names the page.
func (in Input) title() string {
	return fmt.Sprintf("%d年省级市域产教联合体会审", in.Definition.Year)
}

// render puts the page together. encoding/json writes <, >, &, U+2028 and U+2029 as escapes: no text ends its block.
func render(title string, data []byte) []byte {
	css, js := lines(style), lines(script)
	policy := fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'",
		digest(js), digest(css))
	parts := strings.NewReplacer("@@title@@", html.EscapeString(title), "@@policy@@", policy, "@@style@@", css,
		"@@data@@", string(data), "@@script@@", js)
	return []byte(parts.Replace(lines(shell)))
}

// lines are a file's as they are hashed, however it was checked out: a browser reads every line break as one.
func lines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

// digest is how a policy names an inline script or style.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
