# size.csv: series,persons,settlements,us_per_settle,rss_mb,disk_mb
set multiplot layout 2,1 title heading('Cost against the size of the data')
set logscale x
set format x '%.0s%c'
set key off
set bmargin 3
set ylabel 'us a settlement'
set yrange [0:*]
plot for [n = 1:words(series)] of(word(series, n), 3) using ($2 + $3):4 with linespoints ls style(n) \
  title word(series, n) noenhanced
set xlabel 'persons + settlements stored'
set ylabel 'MB: memory (line), disk (dashes)'
set key below
set bmargin 5
plot for [n = 1:words(series)] of(word(series, n), 3) using ($2 + $3):5 with linespoints ls style(n) \
  title word(series, n) noenhanced, \
  for [n = 1:words(series)] of(word(series, n), 3) using ($2 + $3):6 with linespoints ls style(n) \
  dt 2 notitle
unset multiplot
