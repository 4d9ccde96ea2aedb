package pipeline

import (
	"math"
	"path/filepath"
	"testing"

	"lianheti/samples/must"
	"lianheti/samples/programs"
	"lianheti/stages/export"
	"lianheti/stages/table"
	"lianheti/templates"
)

// askViews loads the views of a data folder as its first lines say, makes further statements, and gives what a query answers.
const askViews = `
import duckdb, json, sys
con = duckdb.connect()
con.execute("SET file_search_path = '%s'" % sys.argv[1])
con.execute(open(sys.argv[1] + "/" + sys.argv[2], encoding="utf-8").read())
for s in sys.argv[4:]: con.execute(s)
r = con.execute(sys.argv[3])
names = [c[0] for c in r.description]
print(json.dumps({"rows": [dict(zip(names, row)) for row in r.fetchall()]}, default=float))`

func ask(t *testing.T, data, query string, further ...string) []map[string]any {
	t.Helper()
	var said struct{ Rows []map[string]any }
	answer(t, programs.Run(t, "python3", append([]string{"-c", askViews, data, export.ViewsName, query}, further...)...), &said)
	return said.Rows
}

// The ten questions, answered by the views without a quoted name, are what the program counts itself.
func TestViewsAnswerWhatPeopleAsk(t *testing.T) {
	programs.NeedPython(t, "duckdb")
	round, data := samplesRound(t)
	findings, members := 0, map[string]map[string]bool{}
	for f := range round.Judgement.Findings.All() {
		if f.Code != "" {
			findings++
		}
	}
	for m := range round.Facts.Members.All() {
		if m.NameKey == "" {
			continue
		}
		key := m.Kind + m.NameKey
		if members[key] == nil {
			members[key] = map[string]bool{}
		}
		members[key][m.Submission] = true
	}
	shared := 0
	for _, in := range members {
		if len(in) > 1 {
			shared++
		}
	}
	annual, normal := 0, 0
	for m := range round.Facts.Metrics.All() {
		if f := round.Facts.Definition.Field(m.Indicator); m.Year == 2022 && len(f.Years) == 5 {
			annual++
		}
		if m.Status == table.Normal {
			normal++
		}
	}
	for query, want := range map[string]int{
		"SELECT sum(submissions)::INT AS n FROM by_city WHERE city_code LIKE '35__00'":                             round.Facts.Submissions.Len(),
		"SELECT count(*) AS n FROM named_metrics WHERE indicator_label IS NOT NULL AND city IS NOT NULL":           round.Facts.Metrics.Len(),
		"SELECT count(*) AS n FROM commitments WHERE actual_year = 2023 AND committed_year = 2026":                 annual,
		"SELECT count(*) AS n FROM growth WHERE from_year = 2022 AND to_year = 2023":                               annual,
		"SELECT sum(findings)::INT AS n FROM findings_by_rule":                                                     findings,
		"SELECT count(*) AS n FROM scores_in_detail WHERE point_label IS NOT NULL":                                 round.Ranking.Scores.Len(),
		"SELECT count(*) AS n FROM ranks WHERE consortium IS NOT NULL":                                             round.Ranking.Ranking.Len(),
		"SELECT count(*) AS n FROM shared_members WHERE consortia > 1":                                             shared,
		"SELECT sum(given)::INT AS n FROM gaps":                                                                    normal,
		"SELECT count(*) AS n FROM commitments_met":                                                                0, // one batch alone promises
		"SELECT count(*) AS n FROM scores_in_detail WHERE evidence IS NOT NULL AND evidence_label IS NULL":         0,
		"SELECT count(*) AS n FROM commitments WHERE difference IS DISTINCT FROM committed - actual":               0,
		"SELECT count(*) AS n FROM growth WHERE from_value > 0 AND abs(percent - 100*difference/from_value) > .01": 0,
	} {
		if got := ask(t, data, query); len(got) != 1 || got[0]["n"] != float64(want) {
			t.Errorf("%s: %v, want %d", query, got, want)
		}
	}
}

// Every query that a table's page begins with runs, and where it counts, it counts something or the table is empty.
func TestPagesAskWhatRuns(t *testing.T) {
	programs.NeedPython(t, "duckdb")
	round, data := samplesRound(t)
	columns := must.Get(table.Dictionary(round.Facts.Definition))(t)
	of := map[string][]table.DictionaryRow{}
	for _, c := range columns {
		of[c.Table] = append(of[c.Table], c)
	}
	var queries []string
	for name, list := range of {
		queries = append(queries, export.Queries(name, list)...)
	}
	if len(queries) != 3*len(of) || len(of) < 25 {
		t.Fatalf("%d queries for %d tables", len(queries), len(of))
	}
	if got := ask(t, data, "SELECT 1 AS n", queries...); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// Two batches read together answer what became of the promises.
func TestViewsOverTwoYears(t *testing.T) {
	programs.NeedPython(t, "duckdb")
	root, later := twoYears(t)
	first := must.Get(templates.Load(2024))(t)
	var further []string
	for _, name := range []string{"metrics", "submissions", "codes"} {
		further = append(further, "CREATE OR REPLACE VIEW "+name+" AS FROM read_parquet('"+filepath.ToSlash(root)+"/*/data/"+name+".parquet', union_by_name = true)")
	}
	promised := 0.0
	want := commitmentsMet(readRound(t, root, "2024", first).Facts, readRound(t, root, "2025", later).Facts)
	for _, f := range want {
		promised += f.Promised
	}
	got := ask(t, filepath.Join(root, "2025", "data"), "SELECT count(*) AS n, sum(promised) AS promised FROM commitments_met", further...)
	if len(want) == 0 || got[0]["n"] != float64(len(want)) || math.Abs(got[0]["promised"].(float64)-promised) > 1e-6 {
		t.Errorf("%v, the program finds %d promises of %v", got, len(want), promised)
	}
}
