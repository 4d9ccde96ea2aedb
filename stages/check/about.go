package check

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// What an explanation is about is written by people in many ways. Rows and findings meet in keys that say one of these.
const (
	wholeKey  = "about:" // the text that a returned copy has there
	codeKey   = "code:"
	cellKey   = "cell:"
	fieldKey  = "field:"
	memberKey = "member:"
)

// Bounds of what is looked at in one row.
const (
	longestAbout = 2000 // bytes
	mostItems    = 60
	widestItem   = 4 // parts between commas that one name may have
	mostCells    = 400
)

var (
	codeWritten  = regexp.MustCompile(`lht-[1-5]-[0-9]{3}`)
	cellWritten  = regexp.MustCompile(`^(.*?)([a-z]{1,2}[0-9]{1,5})(?::([a-z]{1,2}[0-9]{1,5}))?(?:单元格|格)?$`)
	yearsWritten = regexp.MustCompile(`(20[0-9]{2})(?:年度|年)?(?:[-—–~至到]+(20[0-9]{2})(?:年度|年)?)?的?(?:承诺|实际)?(?:值|数据|数)?`)
	separators   = regexp.MustCompile(`[、，,；;\n]`)
)

// lexicon is what the definition calls things, by comparable name.
type lexicon struct {
	fields  map[string][]string // ids
	titles  map[string][]string // codes of the rules with a title
	columns []string            // of lists
}

func newLexicon(d *templates.Definition) *lexicon {
	v := &lexicon{fields: map[string][]string{}, titles: map[string][]string{}}
	for _, f := range d.Form.Fields() {
		if f.Record != "" { // the name of a column does not say which row
			v.columns = append(v.columns, text.NameKey(f.Label))
			continue
		}
		for _, name := range []string{d.Label(f.ID), f.Label, f.Group + f.Label, f.Label + f.Printed} {
			name = strings.TrimRight(withoutYears(text.NameKey(name)), ":。")
			if !slices.Contains(v.fields[name], f.ID) {
				v.fields[name] = append(v.fields[name], f.ID)
			}
		}
	}
	for _, r := range d.Rules {
		title := text.NameKey(r.Title)
		v.titles[title] = append(v.titles[title], r.Code)
	}
	return v
}

func withoutYears(key string) string { return yearsWritten.ReplaceAllString(key, "") }

// names is what a submission itself has to name.
type names struct {
	*lexicon
	def     *templates.Definition
	sheets  map[string]bool          // by comparable title
	slots   map[string]templates.Ref // by cell
	members map[string]bool          // by comparable name
}

func (f *form) vocabulary() *names {
	n := &names{f.lexicon, f.def, map[string]bool{}, map[string]templates.Ref{}, map[string]bool{}}
	for _, r := range f.every {
		if at := f.Observe(r).Place; at.Sheet != "" {
			n.sheets[text.NameKey(at.Sheet)] = true
			n.slots[cellAt(at.Sheet, at.Cell)] = r
		}
	}
	for _, x := range f.ListColumns {
		n.sheets[text.NameKey(x.Sheet)] = true
	}
	for _, m := range f.Members {
		n.members[m.NameKey] = true
	}
	delete(n.members, "")
	return n
}

func cellAt(sheet, cell string) string {
	return cellKey + text.NameKey(sheet) + "!" + strings.ToLower(cell)
}

// naming is how far one row's first column was understood.
type naming struct {
	*names
	loose bool   // a name may stand within other words
	sheet string // named last: 2年度数据!F14、E14
	years []int  // named without a field: 2022、2023年共建课程
	keys  map[string]bool
	lost  bool // something named is nothing that the form has
}

func (n *names) understand(about string) *naming {
	r := &naming{names: n, keys: map[string]bool{wholeKey + text.NameKey(about): true}}
	if len(about) > longestAbout {
		r.lost = true
		return r
	}
	loose := n.titleOf(text.NameKey(about)) == "" // behind a title stands a message, with values of some round
	ends := separators.FindAllStringIndex(about, mostItems)
	ends = append(ends, []int{len(about), len(about)})
	r.lost = strings.TrimSpace(about) == ""
	for i, from := 0, 0; i < len(ends); {
		found := false
		for k := min(i+widestItem, len(ends)) - 1; k >= i && !found; k-- {
			item := about[from:ends[k][0]]
			r.loose = loose && k == i
			if keys, ok := r.item(text.NameKey(item)); ok {
				for _, key := range keys {
					r.keys[key] = true
				}
				found, i, from = true, k+1, ends[k][1]
			}
		}
		if !found {
			r.lost = r.lost || strings.TrimSpace(about[from:ends[i][0]]) != ""
			i, from = i+1, ends[i][1]
		}
	}
	r.loose = loose
	return r
}

// titleOf gives the title that a key begins with, followed by a colon; empty where there is none.
func (n *names) titleOf(key string) string {
	title, _, found := strings.Cut(key, ":")
	if found && n.titles[title] != nil {
		return title
	}
	return ""
}

// item understands one of the things that a row names.
func (r *naming) item(s string) ([]string, bool) {
	if code := codeWritten.FindString(s); code != "" {
		rest := strings.Trim(strings.Replace(s, code, "", 1), ":-_().[]【】")
		return r.within([]string{strings.ToUpper(code)}, rest, true)
	}
	if codes := r.titles[s]; codes != nil {
		return r.within(codes, "", true)
	}
	if title := r.titleOf(s); title != "" {
		return r.within(r.titles[title], s[len(title)+1:], false)
	}
	for _, understood := range []func(string) ([]string, bool){r.cells, r.member, r.fields} {
		if keys, ok := understood(s); ok {
			return keys, true
		}
	}
	return nil, false
}

// within is what is named of the findings with some codes, be it only years. Where the rest is not understood, the
// codes alone may do.
func (r *naming) within(codes []string, rest string, alone bool) (out []string, ok bool) {
	keys, known := r.item(rest)
	if known && len(keys) == 0 {
		keys, r.years = table.Each(r.years, func(year int) string { return yearKey("", year) }), nil
	}
	for _, code := range codes {
		if known && !strings.HasPrefix(keys[0], codeKey) {
			out = append(out, table.Each(keys, func(key string) string { return codeKey + code + " " + key })...)
		} else if alone || rest == "" {
			out = append(out, codeKey+code)
		}
	}
	return out, len(out) > 0
}

// cells understands 2年度数据!F14, also of the sheet named before, a block of cells, and a sheet as a whole.
func (r *naming) cells(s string) ([]string, bool) {
	if title := r.sheetOf(s); title != "" {
		r.sheet = title
		return []string{cellAt(title, "")}, true
	}
	m := cellWritten.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	sheet := r.sheet
	if m[1] != "" {
		sheet = r.sheetOf(m[1])
	}
	if sheet == "" {
		return nil, false
	}
	r.sheet = sheet
	top, left := model.RowCol(strings.ToUpper(m[2]))
	bottom, right := model.RowCol(strings.ToUpper(cmp.Or(m[3], m[2])))
	var out []string
	for row := top; row <= bottom; row++ {
		for col := left; col <= right && len(out) < mostCells; col++ {
			out = append(out, cellAt(sheet, model.CellName(row, col)))
		}
	}
	return out, len(out) > 0
}

// sheetOf is the sheet that words before a cell name; empty where they name none.
func (r *naming) sheetOf(s string) string {
	const quotes = `'"“”‘’!`
	s = strings.Trim(s, quotes)
	for _, suffix := range []string{"", "的", "表"} {
		if title := strings.Trim(strings.TrimSuffix(s, suffix), quotes); r.sheets[title] {
			return title
		}
	}
	return ""
}

// member understands the name of a unit in the roster, also with the name of a column behind it.
func (r *naming) member(s string) ([]string, bool) {
	if r.members[s] {
		return []string{memberKey + s}, true
	}
	for _, column := range r.columns {
		unit, ok := strings.CutSuffix(s, column)
		if unit = strings.TrimRight(unit, ":的-"); ok && r.members[unit] {
			return []string{memberKey + unit}, true
		}
	}
	return nil, false
}

// fields understands the name of a field; a year, or several, may stand before or behind it, other words around it.
func (r *naming) fields(s string) ([]string, bool) {
	years := slices.Clone(r.years)
	for _, m := range yearsWritten.FindAllStringSubmatch(s, -1) {
		first, _ := strconv.Atoi(m[1])
		last := first
		if m[2] != "" {
			last, _ = strconv.Atoi(m[2])
		}
		for year := first; year <= min(last, first+len(r.def.Form.Years)); year++ {
			years = append(years, year)
		}
	}
	name := strings.Trim(withoutYears(s), ":-()。.")
	if name == "" && len(years) > len(r.years) {
		r.years = years
		return nil, true
	}
	ids := r.lexicon.fields[name]
	if ids == nil && r.loose {
		ids = r.mentioned(name, r.def.Reading)
	}
	if ids == nil {
		return nil, false
	}
	r.years = nil
	var out []string
	for _, id := range ids {
		if len(years) == 0 || !r.def.Field(id).Dated() {
			out = append(out, fieldKey+id)
			continue
		}
		for _, year := range years {
			out = append(out, yearKey(id, year))
		}
	}
	return out, true
}

func yearKey(field string, year int) string { return fmt.Sprintf("%s%s %d", fieldKey, field, year) }

// mentioned finds the fields whose names stand whole within other words, the longest of each; none in words that speak
// of all but one.
func (v *lexicon) mentioned(s string, words *templates.Reading) (ids []string) {
	const shortest = 4 // characters of a name that says enough
	found := table.Where(maps.Keys(v.fields), func(name string) bool {
		return len([]rune(name)) >= shortest && strings.Contains(s, name)
	})
	slices.Sort(found)
	for _, name := range found {
		if !slices.ContainsFunc(found, func(other string) bool { return other != name && strings.Contains(other, name) }) {
			before, behind, _ := strings.Cut(s, name)
			if words.Excludes(before, behind) {
				return nil
			}
			ids = append(ids, v.fields[name]...)
		}
	}
	return ids
}

// keysOf lists what an explanation may name to be about a finding.
func (n *names) keysOf(x *table.Finding) []string {
	code := codeKey + x.Code
	out := []string{wholeKey + text.NameKey(model.ExplanationAbout(x.Title, x.Message)), code}
	if n.def.Rule(x.Code).Tier() == 1 {
		return out // what a cell or a field is called says nothing about what became of the workbook
	}
	var of []string
	for _, p := range x.AllPlaces() {
		of = append(of, cellAt(p.Sheet, p.Cell))
		if ref, ok := n.slots[cellAt(p.Sheet, p.Cell)]; ok && x.Member == "" {
			of = append(of, yearKey(ref.Field, ref.Year), yearKey("", ref.Year))
		}
	}
	if x.Member != "" {
		of = append(of, memberKey+x.Member)
	} else {
		for _, field := range strings.Fields(x.Fields) {
			of = append(of, fieldKey+field)
		}
	}
	for _, key := range of {
		out = append(out, key, code+" "+key)
	}
	return out
}
