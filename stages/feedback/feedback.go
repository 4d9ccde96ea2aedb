// Package feedback writes the folders that go back to the prefectures: letters, a list of the findings, and annotated
// copies of the submissions that are not simply accepted. A prefecture sees only its own submissions, and no scores.
package feedback

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/office/book"
	"lianheti/stages/office/try"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/stages/workers"
	"lianheti/templates"
)

// Folder is the name of the output folder; it contains a folder for each prefecture.
const Folder = "退回"

// Write makes a folder for each prefecture that sent something or still has to: 问题清单.xlsx, an annotated copy of each
// submission that is not simply accepted, a letter about each submission, and one about the missing ones. open reads a
// file by its path in the files table. The result maps submissions to the path of their copy, relative to the parent of
// dir. A file that can't be annotated is copied unchanged.
func Write(dir string, in table.Publication,
	open func(path string) ([]byte, error)) (copies map[string]string, err error) {
	defer try.Caught(&err)
	parcels := groupByCity(in)
	copies = map[string]string{}
	var work []func() error
	for _, p := range parcels {
		try.Do(os.MkdirAll(filepath.Join(dir, p.city), 0o755))
		for _, r := range p.returns {
			if r.copyName != "" {
				copies[r.submission.Submission] = path.Join(filepath.Base(dir), p.city, r.copyName)
				work = append(work, func() error { return writeCopy(filepath.Join(dir, p.city, r.copyName), in, r, open) })
			}
		}
	}
	try.Do(workers.Each(0, slices.Values(work), func(do func() error) error { return do() }))
	for _, p := range parcels {
		try.In(p.city+"的公文", writeLetters(filepath.Join(dir, p.city), in, p))
		try.In(p.city+"的问题清单", writeList(filepath.Join(dir, p.city, in.Definition.Letters().List), in, p))
	}
	return copies, nil
}

// parcel holds what goes to one prefecture.
type parcel struct {
	city       string
	returns    []*submissionReturn
	rejected   []table.File
	missing    []templates.Entry
	reminder   string          // file name of the letter about the missing ones; empty: none
	changes    []table.Change  // since the last round
	usedNames  map[string]bool // file names in use, in lower case
	maskOthers *strings.Replacer
}

// submissionReturn holds what goes back about one submission.
type submissionReturn struct {
	submission  table.Submission
	verdict     table.Verdict
	findings    []table.Finding
	columns     []table.ListColumn
	letterName  string // file name of the letter
	copyName    string // file name of the copy; empty: none goes back
	unannotated bool   // the copy is the original, which could not be annotated
}

// groupByCity sorts everything by prefecture, in the order of the directory.
func groupByCity(in table.Publication) []*parcel {
	var parcels []*parcel
	d := in.Definition
	// Long names first: one name may be part of another.
	all := slices.SortedFunc(in.Facts.Submissions.All(), func(a, b table.Submission) int {
		return cmp.Or(len(b.Consortium)-len(a.Consortium), strings.Compare(a.Consortium, b.Consortium))
	})
	parcelOf := func(city string) *parcel {
		i := slices.IndexFunc(parcels, func(p *parcel) bool { return p.city == city })
		if i < 0 {
			i = len(parcels)
			parcels = append(parcels, &parcel{city: city, usedNames: map[string]bool{strings.ToLower(d.Letters().List): true},
				maskOthers: otherConsortia(city, all, in.Facts)})
		}
		return parcels[i]
	}
	findings := table.GroupMap(in.Judgement.Findings.All(), func(x table.Finding) string { return x.Submission })
	columns := table.GroupMap(in.Facts.ListColumns.All(), func(c table.ListColumn) string { return c.Submission })
	cities := map[string]string{} // by submission
	for i := range in.Facts.Submissions.Len() {
		s, v := in.Facts.Submissions.Row(i), in.Judgement.Verdicts.Row(i)
		cities[s.Submission] = in.Facts.CityOf(s)
		p := parcelOf(cities[s.Submission])
		r := &submissionReturn{submission: s, verdict: v, findings: maskOtherConsortia(findings[s.Submission], p.maskOthers),
			columns: columns[s.Submission]}
		if v.Verdict != model.Accept {
			r.copyName = uniqueName(path.Base(s.File), ".xlsx", p.usedNames)
		}
		r.letterName = uniqueName(letterOf(d, v).Name+"（"+consortiumName(s)+"）", ".docx", p.usedNames)
		p.returns = append(p.returns, r)
	}
	for f := range in.Facts.Files.All() {
		if f.Fate == model.Rejected {
			p := parcelOf(cmp.Or(cities[f.Submission], cityOfPath(d, f.Path)))
			p.rejected = append(p.rejected, f)
		}
	}
	for _, e := range in.Unreported() {
		p := parcelOf(e.City)
		if p.missing = append(p.missing, e); p.reminder == "" {
			p.reminder = uniqueName(d.Letters().Letter(templates.RemindLetter).Name, ".docx", p.usedNames)
		}
	}
	ofScores := []table.ChangeKind{table.ObjectionUpheld, table.TotalChanged, table.TotalStep, table.RankChanged}
	for c := range in.Changes.All() {
		i := slices.IndexFunc(parcels, func(p *parcel) bool { return p.city == c.City })
		if i >= 0 && !slices.Contains(ofScores, c.Kind) {
			if strings.HasPrefix(c.Code, crossSubmissionPrefix) { // may name consortia of other prefectures
				c.Before, c.After = "", ""
			}
			parcels[i].changes = append(parcels[i].changes, c)
		}
	}
	slices.SortStableFunc(parcels, func(a, b *parcel) int {
		return strings.Compare(cityCode(d, a.city), cityCode(d, b.city))
	})
	return parcels
}

// consortiumName returns the name for letters and file names.
func consortiumName(s table.Submission) string { return cmp.Or(s.Consortium, "联合体名称未填") }

// cityCode returns the sort key of a prefecture; an unknown one comes last.
func cityCode(d *templates.Definition, name string) string {
	c, _ := d.Directory.CityByName(name)
	return cmp.Or(c.Code, "~")
}

// cityOfPath finds the prefecture that sent a file which could not be read: by its folder, or else by the name of a
// consortium in its path, or else by its own name. A name of two prefectures is ignored: a file must not go to the
// wrong one.
func cityOfPath(d *templates.Definition, file string) string {
	named := table.Where(slices.Values(d.Directory.Entries), func(e templates.Entry) bool {
		return slices.ContainsFunc(e.Pairs(), func(p templates.Pair) bool {
			return strings.Contains(text.NameKey(file), text.NameKey(p.Consortium))
		})
	})
	owner := ""
	if owners := table.Unique(named, func(e templates.Entry) string { return e.City }); len(owners) == 1 {
		owner = owners[0]
	}
	return cmp.Or(d.Directory.CityOfFolder(file), owner, d.Directory.CityIn(path.Base(file)), table.UnknownCity)
}

// otherConsortia returns a replacer that masks the names of consortia of other prefectures.
func otherConsortia(city string, all []table.Submission, facts *table.Facts) *strings.Replacer {
	var names []string
	for _, s := range all {
		if s.Consortium != "" && facts.CityOf(s) != city {
			names = append(names, "“"+s.Consortium+"”", otherSubmission, s.Consortium, otherSubmission)
		}
	}
	return strings.NewReplacer(names...)
}

// maskOtherConsortia masks the consortia of other prefectures in findings that compare submissions.
func maskOtherConsortia(findings []table.Finding, others *strings.Replacer) []table.Finding {
	out := slices.Clone(findings)
	for i := range out {
		x := &out[i]
		if strings.HasPrefix(x.Code, crossSubmissionPrefix) {
			for _, text := range []*string{&x.Message, &x.Cure, &x.Value, &x.Raw} {
				*text = others.Replace(*text)
			}
		}
	}
	return out
}

const (
	crossSubmissionPrefix = "LHT-5" // of the codes of rules that compare submissions
	otherSubmission       = "另一申报"  // replaces the name of a consortium of another prefecture
)

// uniqueName makes a file name that Windows allows and that is not used yet.
func uniqueName(name, extension string, used map[string]bool) string {
	if strings.EqualFold(path.Ext(name), extension) {
		name = name[:len(name)-len(extension)]
	}
	const longest = 80 // characters: a path on Windows has 260
	stem := text.FileName(name)
	if runes := []rune(stem); len(runes) > longest {
		stem = strings.TrimRight(string(runes[:longest]), ". ")
	}
	stem = cmp.Or(stem, "申报")
	unique := stem + extension
	for n := 2; used[strings.ToLower(unique)]; n++ {
		unique = fmt.Sprintf("%s（%d）%s", stem, n, extension)
	}
	used[strings.ToLower(unique)] = true
	return unique
}

// CopyName returns the name of an annotated copy in the folder of its original.
func CopyName(file string) string {
	return strings.TrimSuffix(uniqueName(path.Base(file), ".xlsx", map[string]bool{}), ".xlsx") + "（标注）.xlsx"
}

// writeCopy writes an annotated copy, or the unchanged file if it can't be annotated.
func writeCopy(file string, in table.Publication, r *submissionReturn, open func(string) ([]byte, error)) error {
	data, err := open(r.submission.File)
	if err != nil {
		return fmt.Errorf("再次读取 %s：%w", r.submission.File, err)
	}
	original := Original{in.Definition, in.Facts.ContentHashes[r.submission.Submission], r.columns}
	annotated, err := Annotate(data, original, r.findings, Department)
	if err != nil {
		r.unannotated, annotated = true, data
	}
	return os.WriteFile(file, annotated, 0o644)
}

var severityTones = map[model.Severity]book.Tone{
	model.MustFix: book.Bad, model.Explain: book.Doubt, model.Hint: book.Info}
