"""SSH, the Single Stage Headless face detector (Najibi et al., ICCV 2017), by which the papers cut their faces."""
