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

// Prefixes of the keys that match rows of 情况说明, in which people write in many ways, with findings.
const (
	wholeKey  = "about:" // the text prefilled in an annotated copy
	codeKey   = "code:"
	cellKey   = "cell:"
	fieldKey  = "field:"
	memberKey = "member:"
)

// Limits of what is parsed in one row.
const (
	maxSubject = 2000 // bytes
	maxItems   = 60
	maxParts   = 4 // comma-separated parts that may form one name
	maxCells   = 400
)

var (
	codePattern  = regexp.MustCompile(`lht-[1-5]-[0-9]{3}`)
	cellPattern  = regexp.MustCompile(`^(.*?)([a-z]{1,2}[0-9]{1,5})(?::([a-z]{1,2}[0-9]{1,5}))?(?:单元格|格)?$`)
	yearsPattern = regexp.MustCompile(`(20[0-9]{2})(?:年度|年)?(?:[-—–~至到]+(20[0-9]{2})(?:年度|年)?)?的?(?:承诺|实际)?(?:值|数据|数)?`)
	separators   = regexp.MustCompile(`[、，,；;\n]`)
)

// lexicon maps the names in the definition to ids, by name key.
type lexicon struct {
	fields      map[string][]string // ids
	titles      map[string][]string // codes of rules
	listColumns []string            // of lists
}

func newLexicon(d *templates.Definition) *lexicon {
	v := &lexicon{fields: map[string][]string{}, titles: map[string][]string{}}
	for _, f := range d.Form.Fields() {
		if f.Record != "" { // the name of a column alone does not identify a row
			v.listColumns = append(v.listColumns, text.NameKey(f.Label))
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

func withoutYears(key string) string { return yearsPattern.ReplaceAllString(key, "") }

// indexNames indexes the names that an explanation of the submission may use.
func (f *form) indexNames() {
	f.sheets, f.slots, f.members = map[string]bool{}, map[string]templates.Ref{}, map[string]bool{}
	for _, r := range f.allRefs {
		if at := f.Observe(r).Place; at.Sheet != "" {
			f.sheets[text.NameKey(at.Sheet)] = true
			f.slots[cellAt(at.Sheet, at.Cell)] = r
		}
	}
	for _, x := range f.ListColumns {
		f.sheets[text.NameKey(x.Sheet)] = true
	}
	for _, m := range f.Members {
		f.members[m.NameKey] = true
	}
	delete(f.members, "")
}

func cellAt(sheet, cell string) string {
	return cellKey + text.NameKey(sheet) + "!" + strings.ToLower(cell)
}

// parsedSubject is what the first column of a row of 情况说明 names.
type parsedSubject struct {
	*form
	partial bool   // a name may be part of a longer text
	sheet   string // the last one named, for 2年度数据!F14、E14
	years   []int  // without a field so far: 2022、2023年共建课程
	keys    map[string]bool
	unknown bool // some part names nothing in the form
}

func (f *form) parseSubject(about string) *parsedSubject {
	r := &parsedSubject{form: f, keys: map[string]bool{wholeKey + text.NameKey(about): true}}
	if len(about) > maxSubject {
		r.unknown = true
		return r
	}
	partial := f.titleOf(text.NameKey(about)) == "" // behind a title follows a message with old values
	ends := separators.FindAllStringIndex(about, maxItems)
	ends = append(ends, []int{len(about), len(about)})
	r.unknown = strings.TrimSpace(about) == ""
	for i, from := 0, 0; i < len(ends); {
		found := false
		for k := min(i+maxParts, len(ends)) - 1; k >= i && !found; k-- {
			item := about[from:ends[k][0]]
			r.partial = partial && k == i
			if keys, ok := r.parseItem(text.NameKey(item)); ok {
				for _, key := range keys {
					r.keys[key] = true
				}
				found, i, from = true, k+1, ends[k][1]
			}
		}
		if !found {
			r.unknown = r.unknown || strings.TrimSpace(about[from:ends[i][0]]) != ""
			i, from = i+1, ends[i][1]
		}
	}
	r.partial = partial
	return r
}

// titleOf returns the title of a rule that the key begins with, before a colon; empty: none.
func (v *lexicon) titleOf(key string) string {
	title, _, found := strings.Cut(key, ":")
	if found && v.titles[title] != nil {
		return title
	}
	return ""
}

// parseItem parses one of the things that a row names, and returns its keys.
func (r *parsedSubject) parseItem(s string) ([]string, bool) {
	if code := codePattern.FindString(s); code != "" {
		rest := strings.Trim(strings.Replace(s, code, "", 1), ":-_().[]【】")
		return r.withCodes([]string{strings.ToUpper(code)}, rest, true)
	}
	if codes := r.titles[s]; codes != nil {
		return r.withCodes(codes, "", true)
	}
	if title := r.titleOf(s); title != "" {
		return r.withCodes(r.titles[title], s[len(title)+1:], false)
	}
	for _, understood := range []func(string) ([]string, bool){r.parseCells, r.parseMember, r.parseFields} {
		if keys, ok := understood(s); ok {
			return keys, true
		}
	}
	return nil, false
}

// withCodes returns the keys for findings with these codes that are also about the rest, which may be only years. If
// the rest can't be parsed, alone allows the codes by themselves.
func (r *parsedSubject) withCodes(codes []string, rest string, alone bool) (out []string, ok bool) {
	keys, known := r.parseItem(rest)
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

// parseCells parses 2年度数据!F14, a cell of the sheet named before, a range of cells, or a sheet as a whole.
func (r *parsedSubject) parseCells(s string) ([]string, bool) {
	if title := r.sheetOf(s); title != "" {
		r.sheet = title
		return []string{cellAt(title, "")}, true
	}
	m := cellPattern.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	sheet := table.Either(m[1] != "", r.sheetOf(m[1]), r.sheet)
	if sheet == "" {
		return nil, false
	}
	r.sheet = sheet
	top, left := model.RowCol(strings.ToUpper(m[2]))
	bottom, right := model.RowCol(strings.ToUpper(cmp.Or(m[3], m[2])))
	var out []string
	for row := top; row <= bottom; row++ {
		for col := left; col <= right && len(out) < maxCells; col++ {
			out = append(out, cellAt(sheet, model.CellName(row, col)))
		}
	}
	return out, len(out) > 0
}

// sheetOf returns the sheet that the text before a cell names; empty: none.
func (r *parsedSubject) sheetOf(s string) string {
	const quotes = `'"“”‘’!`
	s = strings.Trim(s, quotes)
	for _, suffix := range []string{"", "的", "表"} {
		if title := strings.Trim(strings.TrimSuffix(s, suffix), quotes); r.sheets[title] {
			return title
		}
	}
	return ""
}

// parseMember parses the name of a unit in the roster, with or without the name of a column behind it.
func (r *parsedSubject) parseMember(s string) ([]string, bool) {
	if r.members[s] {
		return []string{memberKey + s}, true
	}
	for _, column := range r.listColumns {
		unit, ok := strings.CutSuffix(s, column)
		if unit = strings.TrimRight(unit, ":的-"); ok && r.members[unit] {
			return []string{memberKey + unit}, true
		}
	}
	return nil, false
}

// parseFields parses the name of a field, with years before or behind it, and within other words if partial is set.
func (r *parsedSubject) parseFields(s string) ([]string, bool) {
	years := slices.Clone(r.years)
	for _, m := range yearsPattern.FindAllStringSubmatch(s, -1) {
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
	ids := r.fields[name]
	if ids == nil && r.partial {
		ids = r.fieldsWithin(name, r.def.Reading)
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

// fieldsWithin returns the fields whose names occur in a text; of overlapping names the longest. A text that excludes a
// field (除…外) gives none.
func (v *lexicon) fieldsWithin(s string, words *templates.Reading) (ids []string) {
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

// keysOf lists the keys by which an explanation may refer to a finding.
func (f *form) keysOf(x *table.Finding) []string {
	code := codeKey + x.Code
	out := []string{wholeKey + text.NameKey(model.ExplanationAbout(x.Title, x.Message)), code}
	if f.def.Rule(x.Code).Tier() == 1 {
		return out // a finding about the file is named only by its text or code
	}
	var of []string
	for _, p := range x.AllPlaces() {
		of = append(of, cellAt(p.Sheet, p.Cell))
		if ref, ok := f.slots[cellAt(p.Sheet, p.Cell)]; ok && x.Member == "" {
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
