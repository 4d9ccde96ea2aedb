package pipeline

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lianheti/pipeline/publish"
	"lianheti/stages/check"
	"lianheti/stages/compare"
	"lianheti/stages/consolidate"
	"lianheti/stages/model"
	"lianheti/stages/score"
	"lianheti/stages/table"
	"lianheti/templates"
)

// previous is an earlier run; all nil where none was given.
type previous struct {
	round      *table.Round // under this run's definition
	definition *templates.Definition
	manifest   *publish.Previous
	run        *publish.Manifest
}

// consolidated is what the provincial workbook says about the earlier run; nil where there is none.
func (p previous) consolidated() *consolidate.Earlier {
	if p.run == nil {
		return nil
	}
	return &consolidate.Earlier{Date: p.run.Date, Definition: p.run.Definition,
		Complete: p.round.Ranking.State() == table.AllMarked}
}

// readPrevious reads the tables and definition that an earlier run published, where each is as it was. The scales of
// that run are kept, and the explanations that were given then are known.
func (r *running) readPrevious() error {
	if r.Previous == "" {
		return nil
	}
	dir := r.Previous
	m, sum, err := verified(dir)
	switch {
	case err != nil:
		return err
	case m.Year != r.Definition.Year:
		return publish.Refuse("上一轮的结果 %s 是%d年的，本轮是%d年，不能相比", dir, m.Year, r.Definition.Year)
	}
	round, err := restored(r.Definition, filepath.Join(dir, dataFolder))
	if err != nil {
		return publish.Refuse("上一轮的结果 %s：%s", dir, publish.InWords(err))
	}
	definition, err := definitionOf(filepath.Join(dir, definitionFolder), r.Definition)
	if err == nil {
		definition, err = definition.Adjusted(r.given.Register.Adjustments())
	}
	if err != nil {
		return publish.Refuse("上一轮的结果 %s 里的定义：%s。它可能被改过，或是旧版程序的结果，请用本版程序重新运行上一轮的输入", dir, publish.InWords(err))
	}
	r.earlier = previous{round, definition, &publish.Previous{Date: m.Date, SHA256: sum}, m}
	if r.given.Given = round.Explained(); !r.Rescale {
		r.Score.Scales = slices.Collect(round.Ranking.Scales.All())
	}
	return nil
}

// verified reads the manifest of an earlier run whose tables and definition are as they were published, and hashes it.
func verified(dir string) (m *publish.Manifest, digest string, err error) {
	m, differences, err := publish.Verify(dir)
	differences = slices.DeleteFunc(differences, func(x publish.Difference) bool {
		return !strings.HasPrefix(x.Path, dataFolder+"/") && !strings.HasPrefix(x.Path, definitionFolder+"/")
	})
	switch {
	case err != nil:
		return nil, "", publish.Refuse("上一轮的结果：%s", publish.InWords(err))
	case len(differences) > 0:
		return nil, "", publish.Refuse("上一轮的结果 %s 不是发布时的样子：%s%s（共 %d 处）。请改用没有动过的结果", dir, differences[0].Path,
			differences[0].What, len(differences))
	}
	data, err := os.ReadFile(filepath.Join(dir, publish.ManifestName))
	if err != nil {
		return nil, "", err
	}
	return m, model.Digest(data), nil
}

// definitionOf loads the definition that an earlier run kept. Where one of an earlier program can't be loaded, what
// this run shows and publishes, which has no part in what was found, takes the place of the same there; or else its
// rubric at least that of this run's, so that what the rubric moved is told from the rest.
func definitionOf(dir string, now *templates.Definition) (*templates.Definition, error) {
	kept, err := templates.LoadDir(dir, now.Year)
	in := strconv.Itoa(now.Year)
	rubric, shown := path.Join(in, "rubric.yaml"), []string{path.Join(in, "sheets.yaml"), path.Join(in, "tables.yaml")}
	if _, missing := os.Stat(filepath.Join(dir, filepath.FromSlash(rubric))); err == nil || missing != nil {
		return kept, err
	}
	for _, taken := range []func(name string) bool{
		func(name string) bool { return !slices.Contains(shown, name) },
		func(name string) bool { return name == rubric }} {
		texts := maps.Clone(now.Texts)
		for name := range now.Texts {
			if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err == nil && taken(name) {
				texts[name] = text
			}
		}
		if mixed, fits := templates.LoadTexts(texts, now.Year); fits == nil {
			return mixed, nil
		}
	}
	return nil, err
}

// moves says what moved totals and verdicts since the earlier run. register is this run's; nil where none was given.
func (p previous) moves(now *table.Round, register *publish.Source) (why compare.Causes, err error) {
	if p.round == nil {
		return why, nil
	}
	known := check.Known{Register: now.Register, Given: p.round.Explained()}
	earlier := *p.round
	earlier.Facts = under(p.definition, p.round.Facts)
	var between *table.Round
	if p.definition.Form.SameAnswers(now.Facts.Definition.Form) {
		between = &table.Round{Facts: under(p.definition, now.Facts), Judgement: now.Judgement}
		if p.changed(now, "rules", "directory.yaml", "register.yaml") {
			between.Judgement, err = check.Run(between.Facts, known)
			if err != nil {
				return compare.Causes{}, fmt.Errorf("按上一轮的规则检查：%w", err)
			}
		}
		if !p.run.Register.Same(register) {
			why.Registered, err = check.Run(earlier.Facts, known)
			if err != nil {
				return compare.Causes{}, fmt.Errorf("按本轮的登记检查上一轮的申报：%w", err)
			}
		}
		why.Judged = between.Judgement
	}
	why.Moves, err = score.Moves(&earlier, why.Registered, between, now)
	if err != nil {
		return compare.Causes{}, fmt.Errorf("按上一轮的办法计分：%w", err)
	}
	return why, nil
}

// changed says whether files of the definition whose names begin so are others now.
func (p previous) changed(now *table.Round, names ...string) bool {
	is, was := now.Facts.Definition.Sources, p.definition.Sources
	for _, sources := range []map[string]string{is, was} {
		for file := range sources {
			begins := func(name string) bool { return strings.HasPrefix(path.Base(file), name) }
			if slices.ContainsFunc(names, begins) && is[file] != was[file] {
				return true
			}
		}
	}
	return false
}

func under(d *templates.Definition, facts *table.Facts) *table.Facts {
	out := *facts
	out.Definition = d
	return &out
}
