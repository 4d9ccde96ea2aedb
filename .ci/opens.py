"""openpyxl 和 calamine 都打得开，读到一样多的工作表和有内容的格子。用法：opens.py 工作簿…"""
import sys
import warnings

import openpyxl
import python_calamine

warnings.simplefilter("ignore")
wrong = 0
for name in sys.argv[1:]:
    whole = openpyxl.load_workbook(name, data_only=True)
    cells = {ws.title: sum(c is not None and c != "" for row in ws.iter_rows(values_only=True) for c in row) for ws in whole.worksheets}
    other = python_calamine.CalamineWorkbook.from_path(name)
    for sheet in other.sheet_names:
        n = sum(c != "" for row in other.get_sheet_by_name(sheet).to_python() for c in row)
        if n != cells.get(sheet):
            print(f"{name} {sheet}：openpyxl 读到 {cells.get(sheet)} 格，calamine 读到 {n} 格")
            wrong += 1
    if list(cells) != list(other.sheet_names):
        print(f"{name}：工作表不同")
        wrong += 1
sys.exit(1 if wrong else 0)
