package normalize

import (
	"cmp"
	"hash/fnv"
	"path"
	"slices"
	"strconv"
	"strings"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Batch collects the rows of all files of one year.
type Batch struct {
	d           *templates.Definition
	files       []*Rows
	personNames []string // from the personal fields of all files
}

// NewBatch returns an empty batch.
func NewBatch(d *templates.Definition) *Batch { return &Batch{d: d} }

// Add adds the rows of one file. Add the files in the order of their paths.
func (b *Batch) Add(r *Rows) {
	b.personNames = append(b.personNames, r.personNames...)
	b.files = append(b.files, r)
}

// maskPaths masks the names of persons, taken from all files, in the path of every file. Paths stay unique.
func (b *Batch) maskPaths() text.People {
	people, paths := text.NewPeople(b.personNames), text.Paths{}
	for _, a := range b.files {
		old, path := a.file.Path, paths.Unique(people.Hide(a.file.Path))
		a.file.Path, a.file.Detail, a.Submission.File = path, people.Hide(a.file.Detail), path
		for _, n := range a.notes {
			for k := range n.Places {
				if n.Places[k].File == old {
					n.Places[k].File = path
				}
			}
			if n.Vars["file"] == old {
				n.Vars["file"] = path
			}
		}
	}
	return people
}

// Facts decides which files are the submissions and returns their rows, ordered by submission.
func (b *Batch) Facts() *table.Facts {
	f := &table.Facts{Definition: b.d, People: b.maskPaths()}
	f.FileFindings = append(f.FileFindings, b.chooseSubmissions()...)
	order := b.accepted() // the files that are submissions
	slices.SortFunc(order, func(x, y *Rows) int {
		return cmp.Or(cmp.Compare(x.Submission.Order(), y.Submission.Order()), cmp.Compare(x.id(), y.id()))
	})
	f.ContentHashes = map[string]string{}
	for _, r := range order {
		f.ContentHashes[r.id()] = r.versionHash()
	}
	f.Files = table.Of(b.fileRows())
	f.Submissions = collect(order, func(r *Rows) []table.Submission { return []table.Submission{r.Submission} })
	f.Figures = collect(order, func(r *Rows) []table.Figure { return r.Figures })
	f.Metrics = collect(order, func(r *Rows) []table.Metric { return r.metrics })
	f.Texts = collect(order, func(r *Rows) []table.Text { return r.Texts })
	f.Members = collect(order, func(r *Rows) []table.Member { return r.Members })
	f.Materials = collect(order, func(r *Rows) []table.Material { return r.Materials })
	f.Verifications = collect(order, func(r *Rows) []table.Verification { return r.Verifications })
	f.Explanations = collect(order, func(r *Rows) []table.Explanation { return r.Explanations })
	f.Coercions = collect(order, func(r *Rows) []table.Coercion { return r.Coercions })
	f.ListColumns = collect(order, func(r *Rows) []table.ListColumn { return r.ListColumns })
	f.ListCells = collect(order, func(r *Rows) []table.ListCell {
		for i := range r.ListCells {
			r.ListCells[i].File = r.file.Path
		}
		return r.ListCells
	})
	f.Loose = collect(order, func(r *Rows) []table.LooseCell { return r.Loose })
	f.Contacts = collect(order, func(r *Rows) []table.Contact { return r.contacts })
	f.Fulfilment, f.Pieces = table.Of[table.Fulfilled](nil), table.Of[table.Piece](nil)
	return f
}

func (b *Batch) fileRows() []table.File {
	rows := make([]table.File, 0, len(b.files))
	kept := map[string]bool{}      // ids of the submissions
	adopted := map[string]string{} // submission by the path of its file
	for _, a := range b.accepted() {
		kept[a.id()], adopted[a.file.Path] = true, a.id()
	}
	for _, a := range b.files {
		owner := a.id()
		if !kept[owner] { // it had another name: it belongs to the submission of the file that replaced it, if any
			owner = adopted[a.supersededBy]
		}
		if a.file.Code == b.d.CodeOf("misfiled") { // it is told to the prefecture in whose folder it lies
			owner = ""
		}
		row := table.FileOf(b.d, table.RoleOf(b.d), a.file, a.supersededBy, a.cellsRead, a.cellsUsed)
		row.Submission = owner
		rows = append(rows, row)
	}
	return rows
}

func collect[T any](files []*Rows, rows func(*Rows) []T) table.Table[T] {
	n := 0
	for _, r := range files {
		n += len(rows(r))
	}
	out := table.NewBuilder[T](n)
	for _, r := range files {
		out.Append(rows(r)...)
	}
	return out.Finish()
}

// chooseSubmissions decides which of several files of a consortium is its submission. Neither content nor file times
// tell which is later. So a corrected copy replaces its parent; then the highest edition wins. Files with the same
// content are duplicates. If several still remain, one is used and a finding asks the Department to decide.
func (b *Batch) chooseSubmissions() []model.Finding {
	var found []model.Finding
	for _, group := range b.competingFiles() {
		found = append(found, b.chooseSubmission(group)...)
	}
	found = append(found, b.suspectedTwins()...)
	var notes []model.Finding
	for _, a := range b.files {
		notes = append(notes, a.completeNotes()...)
	}
	return append(append(notes, found...), b.unreadableNewer()...)
}

// completeNotes returns the findings about one file, also that it was rejected; none if another file is used instead.
func (a *Rows) completeNotes() []model.Finding {
	if a.supersededBy != "" {
		return nil
	}
	notes := a.notes
	for k := range notes {
		notes[k].Submission = a.id()
	}
	if a.file.Fate == model.Rejected {
		vars := map[string]string{"detail": a.file.Detail, "file": a.file.Path}
		notes = append(notes, model.Finding{Code: a.file.Code, Places: []model.Place{{File: a.file.Path}}, Vars: vars})
	}
	return notes
}

// competingFiles groups the accepted files of each consortium that sent several; a renamed copy counts to its parent's.
func (b *Batch) competingFiles() [][]*Rows {
	earlierName, accepted := map[string]string{}, b.accepted() // ids: earlier by later
	bySum := table.IndexBy(slices.Values(accepted), func(r *Rows) string { return r.file.SHA256 })
	first := func(r *Rows) string {
		id := r.id()
		for earlierName[id] != "" {
			id = earlierName[id]
		}
		return id
	}
	for _, r := range accepted {
		parent := bySum[r.parent]
		if parent != nil && cellOverlap(r, parent) >= copyOverlap && first(parent) != first(r) {
			earlierName[first(r)] = first(parent)
		}
	}
	return slices.DeleteFunc(table.GroupBy(accepted, first), func(group []*Rows) bool { return len(group) == 1 })
}

func (b *Batch) accepted() []*Rows {
	return table.Where(slices.Values(b.files), func(r *Rows) bool { return r.file.Fate == model.Accepted })
}

func (b *Batch) chooseSubmission(all []*Rows) []model.Finding {
	home := slices.DeleteFunc(slices.Clone(all), b.misfiled)
	if len(home) == 0 {
		home = all
	}
	group := b.dropDuplicates(home)
	isUntouched := func(r *Rows) bool { return r.untouched } // an issued copy in which nothing was changed
	if changed := slices.DeleteFunc(slices.Clone(group), isUntouched); len(changed) > 0 {
		group = changed
	}
	latest := slices.DeleteFunc(slices.Clone(group), func(r *Rows) bool {
		return slices.ContainsFunc(group, func(o *Rows) bool { return o != r && o.derivedFrom(r, all) })
	})
	if len(latest) == 0 { // parents in a circle decide nothing
		latest = group
	}
	highest := slices.MaxFunc(latest, func(x, y *Rows) int { return int(x.edition()) - int(y.edition()) })
	latest = slices.DeleteFunc(latest, func(r *Rows) bool {
		return r.edition() != 0 && r.edition() < highest.edition()
	})
	chosen := slices.MinFunc(latest, compareFileNames)
	for _, r := range all {
		switch {
		case r == chosen, r.supersededBy != "":
		case !slices.Contains(home, r):
			b.setAside(r, chosen, model.Rejected, "misfiled")
		case slices.Contains(latest, r):
			b.setAside(r, chosen, model.Rejected, "side_by_side")
			r.file.Detail = editionsText([]*Rows{r, chosen})
		default:
			b.setAside(r, chosen, model.Superseded, "superseded")
		}
	}
	for _, r := range all {
		r.Submission.Submission = chosen.id()
	}
	if len(latest) == 1 {
		return nil
	}
	return []model.Finding{b.ambiguityFinding("two_versions", chosen, latest)}
}

// ambiguityFinding makes the finding that any of these files may be the submission. The chosen one is listed first.
func (b *Batch) ambiguityFinding(rule string, chosen *Rows, files []*Rows) model.Finding {
	isChosen := func(r *Rows) bool { return r == chosen }
	files = append([]*Rows{chosen}, slices.DeleteFunc(slices.Clone(files), isChosen)...)
	paths := table.Each(files, func(r *Rows) string { return r.file.Path })
	return model.Finding{Code: b.d.CodeOf(rule), Submission: chosen.id(),
		Places: table.Each(paths, func(path string) model.Place { return model.Place{File: path} }),
		Vars: map[string]string{"list": strings.Join(paths, "、"), "file": paths[0],
			"other": strings.Join(paths[1:], "、"), "detail": editionsText(files)}}
}

// editionsText returns what the covers of these files give as edition, in this order.
func editionsText(files []*Rows) string {
	words := table.Each(files, func(r *Rows) string {
		i := slices.IndexFunc(r.Figures, func(f table.Figure) bool { return f.Field == "edition" && f.Raw != "" })
		if i < 0 {
			return "未填"
		}
		return r.Figures[i].Raw
	})
	if len(slices.Compact(slices.Clone(words))) == 1 {
		return strings.Replace("都是"+words[0], "是未填", "未填", 1)
	}
	return "依次是" + strings.Join(words, "、")
}

// compareFileNames orders shorter names first: a copy has a longer name than its original (… - 副本.xlsx, … (1).xlsx).
func compareFileNames(x, y *Rows) int {
	return cmp.Or(len(path.Base(x.file.Path))-len(path.Base(y.file.Path)), strings.Compare(x.file.Path, y.file.Path))
}

// misfiled reports whether a file lies in another prefecture's folder than its consortium belongs to by the directory.
// Such a file replaces none from elsewhere: otherwise one prefecture could overwrite what another one sent.
func (b *Batch) misfiled(r *Rows) bool {
	entry, _, _ := b.d.Directory.ByConsortium(r.Submission.Consortium)
	folder := b.d.Directory.CityOfFolder(r.file.Path)
	return entry.City != "" && folder != "" && folder != entry.City
}

// dropDuplicates keeps one of several files with the same content: preferably no issued copy, and with an edition.
func (b *Batch) dropDuplicates(group []*Rows) []*Rows {
	var kept []*Rows
	for _, r := range slices.SortedStableFunc(slices.Values(group), func(x, y *Rows) int {
		return cmp.Or(len(x.parent)-len(y.parent), int(y.edition()-x.edition()), compareFileNames(x, y))
	}) {
		if first := slices.IndexFunc(kept, r.sameVersion); first >= 0 {
			b.setAside(r, kept[first], model.Superseded, "duplicate_file")
		} else {
			kept = append(kept, r)
		}
	}
	return table.Where(slices.Values(group), func(r *Rows) bool { return slices.Contains(kept, r) })
}

// derivedFrom reports whether a file is a copy, direct or by way of other files, of the original or its duplicate.
func (r *Rows) derivedFrom(original *Rows, all []*Rows) bool {
	for range all { // at most so many steps: parents may form a circle
		at := slices.IndexFunc(all, func(o *Rows) bool { return o.file.SHA256 == r.parent })
		if at < 0 {
			return false
		}
		if r = all[at]; r == original || r.sameVersion(original) {
			return true
		}
	}
	return false
}

// sameVersion reports whether two files have the same content and no different editions.
func (r *Rows) sameVersion(o *Rows) bool {
	return r.contentHash == o.contentHash && (r.edition() == o.edition() || r.edition() == 0 || o.edition() == 0)
}

// setAside marks a file as not used because another one is used instead.
func (b *Batch) setAside(a, by *Rows, fate model.Fate, rule string) {
	a.file.Fate, a.file.Code, a.supersededBy = fate, b.d.CodeOf(rule), by.file.Path
	a.file.Detail = a.supersededBy
}

// unreadableNewer makes a finding for each rejected file whose name suggests that it may replace a submission.
func (b *Batch) unreadableNewer() []model.Finding {
	var out []model.Finding
	for _, a := range b.files {
		wrapped := a.file.Code == b.d.CodeOf("file_wrapped") // a mail, whose workbook may well lie beside it
		if a.file.Fate != model.Rejected || a.supersededBy != "" || wrapped {
			continue
		}
		name := text.NameKey(path.Base(a.file.Path))
		for _, o := range b.files {
			s := o.Submission
			if o.file.Fate == model.Accepted && s.Consortium != "" && strings.Contains(name, text.NameKey(s.Consortium)) {
				out = append(out, model.Finding{Code: b.d.CodeOf("unreadable_newer"), Submission: s.Submission,
					Places: []model.Place{{File: a.file.Path}, {File: o.file.Path}},
					Vars:   map[string]string{"file": a.file.Path, "other": o.file.Path, "detail": a.file.Path}})
			}
		}
	}
	return out
}

// Two consortia have few equal cells; two files of one consortium, the second a correction, have nearly all.
const (
	copyOverlap = 0.5 // share of equal cells that a copy has with its parent
	twinOverlap = 0.8 // share of equal cells of files that may be one consortium's
	minCells    = 30  // with fewer filled cells, nothing is concluded
	maxHolders  = 64  // a cell that more files share is ignored
)

// identifyingFields are left out of the comparison: they name the consortium, or the Department filled them in.
var identifyingFields = []string{"consortium", "city", "park", "edition"}

// cellHashes returns the hashes of the filled cells, sorted, without those that identify the consortium.
func cellHashes(d *templates.Definition, entries []model.Entry) []uint64 {
	out, h, b := make([]uint64, 0, len(entries)), fnv.New64a(), []byte(nil)
	for i := range entries {
		e := &entries[i]
		f := d.Field(e.Field)
		if !e.Filled || slices.Contains(identifyingFields, e.Field) ||
			f.Type == templates.ConfirmField || f.Record == "explanations" {
			continue
		}
		h.Reset()
		b = text.AppendParts(b[:0], e.Field, strconv.Itoa(e.Year), strings.TrimSpace(e.Raw))
		_, _ = h.Write(b)
		out = append(out, h.Sum64())
	}
	slices.Sort(out)
	return out
}

// cellOverlap returns the number of equal cells of two files as a share (0–1) of the cells of the smaller one.
func cellOverlap(a, o *Rows) float64 {
	fewer := min(len(a.cellHashes), len(o.cellHashes))
	if fewer < minCells {
		return 0
	}
	return float64(text.CountCommon(a.cellHashes, o.cellHashes)) / float64(fewer)
}

// suspectedTwins rejects all but one of the files that may come from one consortium under several names.
func (b *Batch) suspectedTwins() (found []model.Finding) {
	files := b.accepted()
	similar := similarFiles(files)
	done := map[int]bool{}
	for i := range files {
		if done[i] || len(similar[i]) == 0 {
			continue
		}
		members := []int{i}
		for n := 0; n < len(members); n++ {
			for _, k := range similar[members[n]] {
				if !slices.Contains(members, k) {
					members = append(members, k)
				}
			}
		}
		group := table.Each(members, func(k int) *Rows {
			done[k] = true
			return files[k]
		})
		chosen := slices.MinFunc(group, func(x, y *Rows) int {
			return cmp.Or(cmp.Compare(x.Submission.Order(), y.Submission.Order()), compareFileNames(x, y))
		})
		finding := b.ambiguityFinding("suspected_same", chosen, group)
		names := []string{quotedName(chosen)}
		for _, r := range group {
			if r != chosen {
				names = append(names, quotedName(r))
				b.setAside(r, chosen, model.Rejected, "suspected_twin")
				r.file.Detail, r.Submission.Submission = chosen.Submission.Consortium, chosen.id()
			}
		}
		finding.Vars["detail"] = strings.Join(names, "、")
		found = append(found, finding)
	}
	return found
}

func quotedName(r *Rows) string { return "“" + cmp.Or(r.Submission.Consortium, "（空）") + "”" }

// similarFiles returns for each file (by index) the others that may come from the same consortium; only files that
// share rare cells are compared.
func similarFiles(files []*Rows) map[int][]int {
	holders := map[uint64][]int{} // files by the hash of a cell
	for i, r := range files {
		for _, cell := range slices.Compact(slices.Clone(r.cellHashes)) {
			holders[cell] = append(holders[cell], i)
		}
	}
	shared := map[[2]int]int{}
	for _, files := range holders {
		for k := 0; len(files) <= maxHolders && k < len(files); k++ {
			for _, i := range files[:k] {
				shared[[2]int{i, files[k]}]++
			}
		}
	}
	similar := map[int][]int{}
	for pair, both := range shared {
		i, k := pair[0], pair[1]
		x, y := files[i].Submission.CityCode, files[k].Submission.CityCode
		if both >= minCells/2 && (x == y || x == "" || y == "") && cellOverlap(files[i], files[k]) >= twinOverlap {
			similar[i], similar[k] = append(similar[i], k), append(similar[k], i)
		}
	}
	for i := range similar {
		slices.Sort(similar[i])
	}
	return similar
}
