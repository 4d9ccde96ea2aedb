package book

import "github.com/xuri/excelize/v2"

// Fonts. The official form is set in 仿宋_GB2312, 小四 (12 point); programs without it fall back by themselves.
const (
	FormFont  = "仿宋_GB2312"
	SheetFont = "微软雅黑"
)

// Styles makes each style of a workbook once: excelize's NewStyle is slow where there are many.
type Styles struct {
	file *excelize.File
	ids  map[string]int
}

// NewStyles begins the list for one workbook.
func NewStyles(f *excelize.File) *Styles { return &Styles{f, map[string]int{}} }

// Get gives the id of a named style, making it on first use.
func (s *Styles) Get(name string, make func() *excelize.Style) (int, error) {
	if id, ok := s.ids[name]; ok {
		return id, nil
	}
	id, err := s.file.NewStyle(make())
	if err == nil {
		s.ids[name] = id
	}
	return id, err
}
