package pipeline

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"lianheti/stages/model"
	"lianheti/stages/table"
	"lianheti/stages/text"
)

// Version of the program, as run.json names it.
const Version = "0.1.0"

// ManifestName is the file that describes a run, beside its results.
const ManifestName = "run.json"

// Manifest is run.json: what went in, what came out, under which definition.
type Manifest struct {
	Year       int               `json:"year"`
	Version    string            `json:"version"`
	Date       string            `json:"date,omitempty"` // as given with --date
	Definition map[string]string `json:"definition"`     // file: sha256
	Options    ManifestOptions   `json:"options"`
	Previous   *ManifestPrevious `json:"previous,omitempty"` // the run that this one was compared with
	Register   *ManifestRegister `json:"register,omitempty"` // the Department's
	From       *ManifestFrom     `json:"from,omitempty"`     // the tables that were read in the place of the inputs
	Inputs     []ManifestInput   `json:"inputs"`
	Marks      []ManifestInput   `json:"marks,omitempty"` // the experts' workbooks
	Outputs    []ManifestOutput  `json:"outputs"`
	Counts     Counts            `json:"counts"`
}

// ManifestOptions are the choices that change results.
type ManifestOptions struct {
	Select int    `json:"select"`
	Draws  int    `json:"draws"`
	Seed   uint64 `json:"seed"`
}

// ManifestPrevious names an earlier run by its own manifest, which holds the sha256 of all that it published.
type ManifestPrevious struct {
	Date   string `json:"date,omitempty"`
	SHA256 string `json:"sha256"` // of its run.json
}

// ManifestRegister is the Department's register, as it was read.
type ManifestRegister struct {
	Name    string `json:"name"`
	SHA256  string `json:"sha256"`
	Entries int    `json:"entries"`
}

// same says whether two runs read the same register, or both none.
func (r *ManifestRegister) same(other *ManifestRegister) bool {
	if r == nil || other == nil {
		return r == other
	}
	return r.SHA256 == other.SHA256
}

// ManifestFrom names the tables of an earlier run by their data package, which holds the sha256 of all of them.
type ManifestFrom struct {
	SHA256 string `json:"sha256"` // of its datapackage.json
}

// ManifestInput is one file that arrived.
type ManifestInput struct {
	Path   string     `json:"path"`
	SHA256 string     `json:"sha256"`
	Size   int64      `json:"size"`
	Fate   model.Fate `json:"fate"`
	Code   string     `json:"code"`
}

// ManifestOutput is one file of the results.
type ManifestOutput struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Counts balance: files = accepted + superseded + rejected + ignored, and cells_read = cells_used + cells_explained.
type Counts struct {
	Files          int `json:"files"`
	Accepted       int `json:"accepted"`
	Superseded     int `json:"superseded"`
	Rejected       int `json:"rejected"`
	Ignored        int `json:"ignored"`
	Submissions    int `json:"submissions"`
	CellsRead      int `json:"cells_read"`
	CellsUsed      int `json:"cells_used"`
	CellsExplained int `json:"cells_explained"`
	Findings       int `json:"findings"`
}

// newManifest describes a run whose outputs stand below dir.
func newManifest(o Options, source origin, previous *ManifestPrevious, register *ManifestRegister, judgement *table.Judgement, dir string) (*Manifest, error) {
	m := &Manifest{
		Year: o.Definition.Year, Version: Version, Date: o.Date, Definition: o.Definition.Sources,
		Options:  ManifestOptions{Select: o.Score.Select, Draws: o.Score.Draws, Seed: o.Score.Seed},
		Previous: previous, Register: register, From: source.from, Inputs: []ManifestInput{},
	}
	c := &m.Counts
	for f := range source.facts.Files.All() {
		m.Inputs = append(m.Inputs, manifestInput(f))
		c.Files++
		switch f.Fate {
		case model.Accepted:
			c.Accepted++
		case model.Superseded:
			c.Superseded++
		case model.Rejected:
			c.Rejected++
		case model.Ignored:
			c.Ignored++
		}
		c.CellsRead += int(f.CellsRead)
		c.CellsUsed += int(f.CellsUsed)
		c.CellsExplained += int(f.CellsOther)
	}
	for f := range source.facts.Marking.Files.All() {
		m.Marks = append(m.Marks, manifestInput(f))
	}
	c.Submissions, c.Findings = source.facts.Submissions.Len(), judgement.Findings.Len()
	if c.Files != c.Accepted+c.Superseded+c.Rejected+c.Ignored || c.CellsRead != c.CellsUsed+c.CellsExplained {
		return nil, fmt.Errorf("账目不平：%+v。这是程序的错误，请连同输入文件报告给开发者", *c)
	}
	var err error
	m.Outputs, err = hashTree(dir)
	return m, err
}

func manifestInput(f table.File) ManifestInput {
	return ManifestInput{text.Mask(f.Path), f.SHA256, f.Size, f.Fate, f.Code}
}

// write puts the manifest beside the results it describes.
func (m *Manifest) write(dir string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, ManifestName), b.Bytes(), 0o644)
}

// ReadManifest reads the run.json of a published folder.
func ReadManifest(dir string) (*Manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return nil, fmt.Errorf("%s 里没有可读的 %s，不是一次运行的结果：%w", dir, ManifestName, err)
	}
	m := &Manifest{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("%s 已损坏：%w", filepath.Join(dir, ManifestName), err)
	}
	return m, nil
}

// Difference is one published file that is no longer what it was.
type Difference struct {
	Path string
	What string // 缺失, 内容已变, 改名为 …, 多出
}

// Verify hashes a published folder again and lists what differs from its manifest, ordered by path.
func Verify(dir string) (*Manifest, []Difference, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	outputs, err := hashTree(dir)
	if err != nil {
		return nil, nil, err
	}
	there := map[string]ManifestOutput{}
	for _, o := range outputs {
		there[o.Path] = o
	}
	var diff []Difference
	var gone []ManifestOutput
	for _, o := range m.Outputs {
		switch found, ok := there[o.Path]; {
		case !ok:
			gone = append(gone, o)
		case found != o:
			diff = append(diff, Difference{o.Path, "内容已变"})
		}
		delete(there, o.Path)
	}
	for _, o := range gone {
		i := slices.IndexFunc(outputs, func(n ManifestOutput) bool { _, extra := there[n.Path]; return extra && n.SHA256 == o.SHA256 })
		if i < 0 {
			diff = append(diff, Difference{o.Path, "缺失"})
			continue
		}
		diff = append(diff, Difference{o.Path, "改名为 " + outputs[i].Path})
		delete(there, outputs[i].Path)
	}
	for path := range there {
		diff = append(diff, Difference{path, "多出"})
	}
	sort.Slice(diff, func(i, j int) bool { return diff[i].Path < diff[j].Path })
	return m, diff, nil
}

// hashTree lists the files below dir except the manifest, ordered by path.
func hashTree(dir string) ([]ManifestOutput, error) {
	out := []ManifestOutput{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || rel == ManifestName {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		h := sha256.New()
		n, err := io.Copy(h, f)
		out = append(out, ManifestOutput{filepath.ToSlash(rel), hex.EncodeToString(h.Sum(nil)), n})
		return errors.Join(err, f.Close())
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out, err
}
