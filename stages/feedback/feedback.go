// Package feedback writes what goes back to the prefectures: for each a list of what was found, and an annotated copy
// of every submission that needs work. A prefecture sees its own submissions only, and no scores.
package feedback

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Folder holds the returns, a folder a prefecture.
const Folder = "退回"

// Write makes a folder for each prefecture that sent something or still has to: 问题清单.xlsx, an annotated copy of each
// submission that is not simply accepted, a letter about each and one about those that are missing. open gives a file's
// bytes by its path in the files table. The result gives the copy of a submission as a path relative to the folder that
// dir stands in. A file that can't be annotated is returned as it came.
func Write(dir string, in table.Publication, open func(path string) ([]byte, error)) (map[string]string, error) {
	packs := gather(in)
	copies := map[string]string{}
	var work []func() error
	for _, p := range packs {
		if err := os.MkdirAll(filepath.Join(dir, p.city), 0o755); err != nil {
			return nil, err
		}
		for _, r := range p.returns {
			if r.name != "" {
				copies[r.submission.Submission] = path.Join(filepath.Base(dir), p.city, r.name)
				work = append(work, func() error { return writeCopy(filepath.Join(dir, p.city, r.name), in, r, open) })
			}
		}
	}
	if err := workers.Each(0, slices.Values(work), func(do func() error) error { return do() }); err != nil {
		return nil, err
	}
	for _, p := range packs {
		if err := writeLetters(filepath.Join(dir, p.city), in, p); err != nil {
			return nil, fmt.Errorf("%s的公文：%w", p.city, err)
		}
		if err := writeList(filepath.Join(dir, p.city, in.Definition.Letters.List), in, p); err != nil {
			return nil, fmt.Errorf("%s的问题清单：%w", p.city, err)
		}
	}
	return copies, nil
}

// pack is what goes to one prefecture.
type pack struct {
	city    string
	returns []*returned
	refused []table.File
	missing []templates.Entry
	reminds string          // file name of the letter about the missing ones; empty: none
	changes []table.Change  // since the last round
	taken   map[string]bool // file names in use, in lower case
	others  *strings.Replacer
}

// returned is one submission with what was found in it.
type returned struct {
	submission table.Submission
	verdict    table.Verdict
	findings   []table.Finding
	columns    []table.ListColumn
	letter     string // file name of the letter
	name       string // of the annotated copy; empty: none goes back
	plain      bool   // the copy could not be annotated
}

// gather sorts what there is by prefecture, in the order of the directory.
func gather(in table.Publication) []*pack {
	var packs []*pack
	d := in.Definition
	// Long names first: one may be a part of another.
	all := slices.SortedFunc(in.Facts.Submissions.All(), func(a, b table.Submission) int {
		return cmp.Or(len(b.Consortium)-len(a.Consortium), strings.Compare(a.Consortium, b.Consortium))
	})
	of := func(city string) *pack {
		i := slices.IndexFunc(packs, func(p *pack) bool { return p.city == city })
		if i < 0 {
			i = len(packs)
			packs = append(packs, &pack{city: city, taken: map[string]bool{strings.ToLower(d.Letters.List): true},
				others: others(city, all, in.Facts)})
		}
		return packs[i]
	}
	found := table.GroupMap(in.Judgement.Findings.All(), func(x table.Finding) string { return x.Submission })
	columns := table.GroupMap(in.Facts.ListColumns.All(), func(c table.ListColumn) string { return c.Submission })
	cities := map[string]string{} // by submission
	for i := range in.Facts.Submissions.Len() {
		s, v := in.Facts.Submissions.Row(i), in.Judgement.Verdicts.Row(i)
		cities[s.Submission] = in.Facts.CityOf(s)
		p := of(cities[s.Submission])
		r := &returned{submission: s, verdict: v, findings: discreet(found[s.Submission], p.others),
			columns: columns[s.Submission]}
		if v.Verdict != model.Accept {
			r.name = freeName(path.Base(s.File), ".xlsx", p.taken)
		}
		r.letter = freeName(letterOf(d, v).Name+"（"+called(s)+"）", ".docx", p.taken)
		p.returns = append(p.returns, r)
	}
	for f := range in.Facts.Files.All() {
		if f.Fate == model.Rejected {
			p := of(cmp.Or(cities[f.Submission], cityOfPath(d, f.Path)))
			p.refused = append(p.refused, f)
		}
	}
	for _, e := range in.Unreported() {
		p := of(e.City)
		if p.missing = append(p.missing, e); p.reminds == "" {
			p.reminds = freeName(d.Letters.Letter(templates.RemindLetter).Name, ".docx", p.taken)
		}
	}
	for c := range in.Changes.All() {
		i := slices.IndexFunc(packs, func(p *pack) bool { return p.city == c.City })
		if i >= 0 && !slices.Contains(hidden, c.Kind) {
			if strings.HasPrefix(c.Code, acrossSubmissions) { // what it said of others, in this round or the last
				c.Before, c.After = "", ""
			}
			packs[i].changes = append(packs[i].changes, c)
		}
	}
	slices.SortStableFunc(packs, func(a, b *pack) int { return strings.Compare(cityCode(d, a.city), cityCode(d, b.city)) })
	return packs
}

// hidden are the changes that a prefecture is not told: points and ranks.
var hidden = []table.ChangeKind{table.ObjectionUpheld, table.TotalChanged, table.TotalStep, table.RankChanged}

// called is the name of a submission's consortium, as letters and file names give it.
func called(s table.Submission) string { return cmp.Or(s.Consortium, "联合体名称未填") }

// cityCode orders the prefectures; what belongs to none comes last.
func cityCode(d *templates.Definition, name string) string {
	if c, ok := d.Directory.CityByName(name); ok {
		return c.Code
	}
	return "~"
}

// cityOfPath finds the prefecture that sent a file which could not be read: by a folder that is called after one, or
// else by the consortium that a part of its path names, or else by the outermost part that names one prefecture. A
// part that names two says nothing: a file must not go to the wrong one.
func cityOfPath(d *templates.Definition, file string) string {
	parts := strings.Split(file, "/")
	for _, part := range parts[:len(parts)-1] {
		notLetter := func(r rune) bool { return !unicode.IsLetter(r) }
		called := strings.TrimFunc(strings.TrimSuffix(part, ".zip"), notLetter) // 3502 厦门市
		if c, ok := d.Directory.CityByName(called); ok {
			return c.Name
		}
	}
	var consortia, cities [][2]string // what a part may say, and whose it is
	for _, e := range d.Directory.Entries {
		for _, p := range e.Pairs() {
			consortia = append(consortia, [2]string{text.NameKey(p.Consortium), e.City})
		}
	}
	for _, c := range d.Directory.Cities {
		cities = append(cities, [2]string{text.NameKey(c.Name), c.Name})
	}
	for _, names := range [][][2]string{consortia, cities} {
		for _, part := range parts {
			key := text.NameKey(part)
			said := table.Where(slices.Values(names), func(n [2]string) bool { return strings.Contains(key, n[0]) })
			if of := table.Unique(said, func(n [2]string) string { return n[1] }); len(of) == 1 {
				return of[0]
			}
		}
	}
	return table.UnknownCity
}

// others leaves out the names of consortia of other prefectures.
func others(city string, all []table.Submission, facts *table.Facts) *strings.Replacer {
	var names []string
	for _, s := range all {
		if s.Consortium != "" && facts.CityOf(s) != city {
			names = append(names, "“"+s.Consortium+"”", another, s.Consortium, another)
		}
	}
	return strings.NewReplacer(names...)
}

// discreet keeps from a prefecture which of the others' consortia a finding is about.
func discreet(findings []table.Finding, others *strings.Replacer) []table.Finding {
	out := slices.Clone(findings)
	for i := range out {
		x := &out[i]
		if strings.HasPrefix(x.Code, acrossSubmissions) {
			for _, text := range []*string{&x.Message, &x.Cure, &x.Value, &x.Raw} {
				*text = others.Replace(*text)
			}
		}
	}
	return out
}

const (
	acrossSubmissions = "LHT-5" // begins the codes of rules that compare submissions
	another           = "另一申报"  // stands for a consortium of another prefecture
)

// freeName makes a file name that Windows allows and that is not taken yet.
func freeName(name, ending string, taken map[string]bool) string {
	if strings.EqualFold(path.Ext(name), ending) {
		name = name[:len(name)-len(ending)]
	}
	const longest = 80 // characters: a path on Windows has 260
	stem := text.FileName(name)
	if runes := []rune(stem); len(runes) > longest {
		stem = strings.TrimRight(string(runes[:longest]), ". ")
	}
	if stem == "" {
		stem = "申报"
	}
	free := stem + ending
	for n := 2; taken[strings.ToLower(free)]; n++ {
		free = fmt.Sprintf("%s（%d）%s", stem, n, ending)
	}
	taken[strings.ToLower(free)] = true
	return free
}

// CopyName is what an annotated copy is called that stands beside its original.
func CopyName(file string) string {
	return strings.TrimSuffix(freeName(path.Base(file), ".xlsx", map[string]bool{}), ".xlsx") + "（标注）.xlsx"
}

// writeCopy writes one annotated copy, or the file as it came where it can't be annotated.
func writeCopy(to string, in table.Publication, r *returned, open func(string) ([]byte, error)) error {
	data, err := open(r.submission.File)
	if err != nil {
		return fmt.Errorf("再次读取 %s：%w", r.submission.File, err)
	}
	of := Original{in.Definition, in.Facts.ContentHashes[r.submission.Submission], r.columns}
	annotated, err := Annotate(data, of, r.findings, Department)
	if err != nil {
		r.plain, annotated = true, data
	}
	return os.WriteFile(to, annotated, 0o644)
}

// tones are the colours of the severities.
var tones = map[model.Severity]book.Tone{model.MustFix: book.Bad, model.Explain: book.Doubt, model.Hint: book.Info}
