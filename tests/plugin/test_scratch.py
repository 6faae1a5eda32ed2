def test_a(gate):
    out = gate("""
    @pytest.mark.phase1
    def test_a(): pass
    @pytest.mark.phase2
    def test_b(): assert 0
    @pytest.mark.phase3
    def test_c(): assert 0
    """)
    print(out.stdout, out.stderr); print(out.json); assert 0
