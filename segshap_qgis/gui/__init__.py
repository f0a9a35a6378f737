"""What a person sees and touches: dock, map tools, messages. Qt through qgis.PyQt only."""
