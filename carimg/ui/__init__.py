"""The pages, the only room that knows Streamlit. Files bear the name of their page; styles and scripts lie beside."""
