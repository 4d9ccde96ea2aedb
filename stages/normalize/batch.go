package normalize

import (
	"cmp"
	"math"
	"slices"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
	"lianheti/templates"
)

// Batch gathers the rows of all files, compactly: rows go to Arrow as they come.
type Batch struct {
	d      *templates.Definition
	files  []arrived
	people []string // whom the fields for persons of any file name

	submissions   []table.Submission
	figures       *parts[table.Figure]
	metrics       *parts[table.Metric]
	texts         *parts[table.Text]
	members       *parts[table.Member]
	materials     *parts[table.Material]
	verifications *parts[table.Verification]
	explanations  *parts[table.Explanation]
	coercions     *parts[table.Coercion]
	columns       *parts[table.ListColumn]
	cells         *parts[table.ListCell]
	loose         *parts[table.LooseCell]
	contacts      *parts[table.Contact]
}

// arrived is what is kept of each file beside its rows.
type arrived struct {
	file         model.File
	submission   string
	edition      int32  // 0: untold
	editionSaid  string // as it stands on the cover
	traits       []uint64
	parent       string
	content      string
	said         string
	untouched    bool
	notes        []model.Finding
	read, used   int
	supersededBy string
}

// NewBatch begins a batch.
func NewBatch(d *templates.Definition) *Batch {
	return &Batch{d: d,
		figures: newParts[table.Figure](), metrics: newParts[table.Metric](), texts: newParts[table.Text](),
		members: newParts[table.Member](), materials: newParts[table.Material](), verifications: newParts[table.Verification](),
		explanations: newParts[table.Explanation](), coercions: newParts[table.Coercion](), columns: newParts[table.ListColumn](), cells: newParts[table.ListCell](), loose: newParts[table.LooseCell](),
		contacts: newParts[table.Contact]()}
}

// Add takes the rows of the next file. Files come in the order of their paths.
func (b *Batch) Add(r *Rows) {
	b.people = append(b.people, r.people...)
	b.files = append(b.files, arrived{file: r.file, submission: r.submission.Submission, edition: r.submission.Edition.V,
		editionSaid: r.editionSaid(), traits: r.traits, parent: r.parent, content: r.content, said: r.said(), untouched: r.untouched, notes: r.notes, read: r.read, used: r.used})
	b.submissions = append(b.submissions, r.submission)
	b.figures.add(r.figures)
	b.metrics.add(r.metrics)
	b.texts.add(r.texts)
	b.members.add(r.members)
	b.materials.add(r.materials)
	b.verifications.add(r.verifications)
	b.explanations.add(r.explanations)
	b.coercions.add(r.coercions)
	b.columns.add(r.columns)
	b.cells.add(r.cells)
	b.loose.add(r.loose)
	b.contacts.add(r.contacts)
}

// rename hides in the path of every file the persons that any file names, and keeps apart what differed only in them.
func (b *Batch) rename() text.People {
	people, paths := text.NewPeople(b.people), text.Paths{}
	for i := range b.files {
		a := &b.files[i]
		old, path := a.file.Path, paths.Free(people.Hide(a.file.Path))
		a.file.Path, a.file.Detail, b.submissions[i].File = path, people.Hide(a.file.Detail), path
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

// Facts decides which files are the submissions and gives their rows, ordered by submission.
func (b *Batch) Facts() *table.Facts {
	f := &table.Facts{Definition: b.d, People: b.rename()}
	f.Reading = append(f.Reading, b.settle()...)
	var order []int // files that are submissions, by id
	for i, a := range b.files {
		if a.file.Fate == model.Accepted {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(directoryOrder(b.submissions[x]), directoryOrder(b.submissions[y])),
			cmp.Compare(b.submissions[x].Submission, b.submissions[y].Submission))
	})
	var submissions []table.Submission
	f.Said = map[string]string{}
	for _, i := range order {
		f.Said[b.files[i].submission] = b.files[i].said
		submissions = append(submissions, b.submissions[i])
	}
	f.Files = table.Of(b.fileRows())
	f.Submissions = table.Of(submissions)
	f.Figures = b.figures.pick(order)
	f.Metrics = b.metrics.pick(order)
	f.Texts = b.texts.pick(order)
	f.Members = b.members.pick(order)
	f.Materials = b.materials.pick(order)
	f.Verifications = b.verifications.pick(order)
	f.Explanations = b.explanations.pick(order)
	f.Coercions = b.coercions.pick(order)
	f.ListColumns = b.columns.pick(order)
	f.ListCells = b.cells.pick(order)
	f.Loose = b.loose.pick(order)
	f.Contacts = b.contacts.pick(order)
	f.Fulfilment, f.Projects, f.Pieces = table.Of[table.Fulfilled](nil), table.Of[table.ProjectCell](nil), table.Of[table.Piece](nil)
	return f
}

// directoryOrder is the number in the directory; those off it come last.
func directoryOrder(s table.Submission) int32 {
	if s.DirectoryNo.Valid {
		return s.DirectoryNo.V
	}
	return math.MaxInt32
}

// role is what the files of the batch were handed in as.
func (b *Batch) role() string {
	if b.d.Form.Promises.Promised != "" {
		return table.RoleProgress
	}
	return table.RoleSubmission
}

// fileRows makes the files table, with the catalogue's words for what was not used.
func (b *Batch) fileRows() []table.File {
	rows := make([]table.File, 0, len(b.files))
	kept := map[string]bool{}      // submissions
	adopted := map[string]string{} // by path: the submission of a file that was adopted
	for _, a := range b.files {
		if a.file.Fate == model.Accepted {
			kept[a.submission], adopted[a.file.Path] = true, a.submission
		}
	}
	for _, a := range b.files {
		if !kept[a.submission] { // the name was another one then: it belongs where its successor does, or nowhere
			a.submission = adopted[a.supersededBy]
		}
		row := table.File{Batch: int32(b.d.Directory.Batch), Role: b.role(), Path: a.file.Path, SHA256: a.file.SHA256, Size: a.file.Size, Fate: a.file.Fate,
			Code: a.file.Code, Submission: a.submission, SupersededBy: a.supersededBy, CellsRead: int32(a.read), CellsUsed: int32(a.used)}
		if a.file.Fate != model.Accepted {
			row.CellsUsed = 0 // the cells of an earlier version were overwritten by the later one
		}
		row.CellsOther = row.CellsRead - row.CellsUsed
		if rule := b.d.Rule(a.file.Code); rule != nil {
			vars := map[string]string{"detail": a.file.Detail, "file": a.file.Path, "other": a.supersededBy}
			row.Reason, row.Cure = a.file.Because(templates.Fill(rule.Message, vars)), templates.Fill(rule.Cure, vars)
		}
		rows = append(rows, row)
	}
	return rows
}

// parts is one table's rows, file by file.
type parts[T any] struct {
	builder *table.Builder[T]
	ends    []int // rows up to and with each file
}

func newParts[T any]() *parts[T] {
	return &parts[T]{builder: table.NewBuilder[T]()}
}

func (p *parts[T]) add(rows []T) {
	p.builder.Append(rows...)
	p.ends = append(p.ends, p.builder.Len())
}

// pick gives the rows of the chosen files, in the order chosen.
func (p *parts[T]) pick(files []int) table.Table[T] {
	all := p.builder.Finish()
	chosen := table.NewBuilder[T]()
	for _, i := range files {
		begin := 0
		if i > 0 {
			begin = p.ends[i-1]
		}
		for row := begin; row < p.ends[i]; row++ {
			chosen.Append(all.Row(row))
		}
	}
	return chosen.Finish()
}
